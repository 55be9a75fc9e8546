"""How people refuse further messages in whole sentences, and what only sounds like it: reference data for `keywords`.

47 CFR 64.1200(a)(10) takes "any reasonable means" of revoking, and the CTIA Messaging Principles, 5.1.3, want
"normal language" read and acted upon. No rule lists such sentences: these are ours, and grow by what reviewers
find. They are matched against one clause in small letters, with neither accents nor punctuation, "don't" as "dont".
"""

import re


def _compiled(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{pattern})\b" for pattern in patterns))


# English word classes. The gaps between words are lists of fillers, so that no pattern spans an unrelated sentence.
_REACH = (
    r"(?:text|txt|texing|messag|msg|contact|call|phon|ring|sms|whatsapp|e ?mail|spam|bother|harass|pester|disturb"
    r"|annoy|bug|hound|send|writ)(?:e|es|s|in|ing|ming|ging)?"
)
_MAIL = (
    r"(?:text|txt|message|messge|msg|call|sms|alert|notification|ad|advert|advertisement|promo|promotion|newsletter|update"
    r"|reminder|offer|e ?mail|mail|communication|correspondence|notice)(?:s|es)?(?: messages?)?|spam|marketing|contact"
)
_GAP = (
    r"(?: (?:please|pls|all|any|more|further|of|the|these|those|this|that|them|your|ur|you|u|me|us|my|our|to|with|sending"
    r"|send|getting|get|receiving|receive|having|have|being|be|stupid|damn|fucking|unwanted|annoying|promotional|marketing"
    r"|automated|political|text|phone|spam|sms|calling|texting|and)){0,5}?"
)
_PERSON = r"(?:me|us|this (?:number|phone|person|line)|(?:my|our) (?:\w+ )?(?:number|phone|line|cell|mobile))"
_MINE = (
    r"(?:(?:my|this|our) (?:\w+ )?(?:number|num|no|phone|details|info|information|data|name|contact|line)"
    r"|the number|this phone|me|us)"
)
_NEVER = r"(?:dont|do not|do nt|never|not|no longer|pls no|please no)"

OPT_OUT = _compiled(
    # English
    rf"stop{_GAP} (?:{_MAIL})",
    rf"(?:stop|quit|cease|refrain from){_GAP} (?:send|sending|text|texting|txting|messaging|msging|spamming|contacting)",
    rf"(?:stop|quit|cease){_GAP} {_REACH} (?:{_PERSON}|here|again|anymore|please|pls)",
    r"(?:stop|quit|cease) (?:calling|phoning|ringing)$",
    r"(?:please|pls|plz|kindly|just|now|bitte|svp|por favor|aub) stop(?: (?:it|this|that|now|please|all|everything|ok|already))*$",
    r"(?:say|saying|tell you|texting|reply|replying|sending|typing|told you|not interested) stop$",
    r"^stop (?:it|this|that|them|everything|me|now|these|messages)(?: (?:please|pls|now|all))*$",
    r"^stop (?:(?:au|to|an|at) )?\d+$",
    r"(?:can|could|will|would) (?:you|u|yall) (?:please |just |kindly |all )*stop(?: it| this| that| please| now)*$",
    r"(?:said|(?:told|tell|asked|ask|asking|telling|beg|begging) (?:you|u|yall)(?: \w+)? to|texted|replied|wrote|typed) stop",
    r"(?:want|need|like) (?:this|it|these|them|that|you|the \w+|these \w+|your \w+) to stop|make (?:it|this|that|these|them) stop|stop blowing up my",
    rf"(?:take|get|pull|strike|scratch|put) {_MINE} (?:off|out of|from)",
    rf"(?:remove|delete|erase|drop|unlist|exclude) {_MINE}",
    r"(?:want|need|let me|like)(?: \w+){0,2} off (?:of )?(?:your|this|the|ur|all)(?: \w+)? lists?",
    r"(?:be|get) (?:removed|taken off|deleted|unsubscribed|opted out)",
    r"(?:lose|loose|forget|block) (?:my|this|our) (?:\w+ )?number|my number off (?:your|this|the)",
    rf"(?<!why )(?<!you )(?<!they ){_NEVER}(?: ever| you| u| dare| please| want you to| want u to)* (?!send|writ){_REACH} "
    r"(?:me|us|this number|this phone|my \w+|here|again|anymore|any more)",
    r"(?:dont|do not|never)(?: ever)? (?:send|write)(?: (?:me|us|to|here))*(?: (?:any|more|these|this|your|again|anything"
    rf"|{_MAIL})|$)",
    r"^(?:please |pls |ok |just )*(?:dont|do not|never)(?: ever)? (?:text|txt|message|msg|call|contact|sms|phone|e ?mail)"
    r"(?: (?:again|please|anymore))*$",
    r"(?:do not|dont) (?:call|contact|text) list",
    rf"no (?:more|further)(?: of)?(?: (?:these|the|your|this|text|sms|phone|marketing|spam))* (?:{_MAIL})",
    rf"^(?:please )?no (?:{_MAIL})(?: please| thanks| anymore)*$",
    rf"(?:{_NEVER}) (?:want|wanting|wish|wanna|care|like|need|agree|consent|authori[sz]e)(?: to)?{_GAP} (?:{_MAIL}|texting|messaging)",
    r"(?:no longer|dont|do not|never) (?:want|wish|wanna|care|like)(?: to)? (?:receive|receiving|hear from|be contacted"
    r"|be texted|be called|be messaged|be on (?:your|this|the)|be part of (?:your|this))",
    rf"to (?:no longer|not|never) (?:receive|be sent|get){_GAP} (?:{_MAIL})",
    r"(?:want|wish|like|need|wanna|going|please|pls|hereby|kindly)(?: to)? (?:opt out|optout|unsubscribe|unsub)",
    r"(?:unsubscribe|unsub) (?:me|us)|opt (?:me|us) out|opting out|i (?:opt out|unsubscribe)"
    r"|unsubscribe (?:from|this number|my \w+)|^opt out of",
    rf"(?:cancel|end|terminate|turn off|disable){_GAP} (?:texts|texting|text messages|messages|sms|alerts|notifications|spam)",
    r"(?:revoke|withdraw|rescind|retract|cancel)(?: (?:my|all|any|prior|previous|our|the))* "
    r"(?:consent|permission|authori[sz]ation|opt in)",
    r"(?:consent|permission)(?: is| has been)? (?:revoked|withdrawn)",
    r"(?:dont|do not|no longer) have(?: (?:my|our|any|the))* (?:consent|permission)|(?:cease|stop) all (?:contact|communication)",
    r"object to (?:the |any |your |this |all |further )*(?:processing|marketing|direct marketing|profiling|use of my)",
    r"leave (?:me|us) (?:the \w+ )?(?:alone|be)|cease and desist",
    r"wrong (?:number|person)(?: \w+){0,2} (?:stop|remove|unsubscribe)",
    # German
    r"hor(?:t|e|en sie)?(?: \w+){0,2} auf|hoert(?: \w+){0,2} auf|hoer(?:en sie)? auf",
    r"(?<!habe )(?<!hab )(?:bitte )?keine(?:n|rlei)?(?: weitere\w*)?(?: werbe)? ?(?:sms|nachrichten|textnachrichten|werbung"
    r"|anrufe?|mails?|whatsapps?|newsletter|benachrichtigungen|infos)(?: mehr| bitte| senden| schicken)",
    r"bitte keine(?: weitere\w*)? (?:sms|nachrichten|werbung|anrufe|mails|kontaktaufnahme)|keine weitere\w* (?:sms|nachrichten)",
    r"(?:schreib|ruf|kontaktier|text|sms|belastig|send|schick|nerv|stor)\w*(?: (?:sie|ihr|mich|mir|uns|bitte|hier|nochmal)){0,3}"
    r" (?:nicht|nie|niemals|keine \w+)(?: mehr| wieder| an| weiter)*",
    r"(?:mich|mir|uns)? ?(?:nicht mehr|nie mehr|nie wieder|nicht weiter) (?:anrufen|anschreiben|schreiben|kontaktieren|texten"
    r"|belastigen|anzurufen|zu kontaktieren|anzuschreiben)",
    r"lass(?:t|en sie)? mich in ruhe",
    r"(?:losch|loesch|entfern|streich)\w*(?: sie| bitte)* (?:mich|meine? (?:\w*nummer|daten|kontaktdaten))",
    r"ich melde mich(?: hiermit| bitte)* ab$|aus (?:dem|ihrem|eurem) verteiler|aus (?:der|ihrer|eurer|deiner) liste",
    r"stopp? mit(?: \w+)? (?:sms|nachrichten|werbung|anrufen|mails)",
    r"(?<!ich )(?:meld|trag|nehm|nimm)\w*(?: sie| bitte)* mich(?: bitte| sofort| hier)* (?:ab|aus|raus|von)",
    r"meine? (?:\w*nummer|daten)(?: \w+){0,4} (?:loschen|entfernen|streichen|loescht|loeschen)",
    r"mich(?: \w+){0,3} (?:abmelden|austragen|abzumelden)|mochte(?: \w+){0,3} (?:abmelden|abbestellen)",
    r"widerruf\w*(?: \w+){0,3} (?:einwilligung|zustimmung)|(?:einwilligung|zustimmung)(?: \w+){0,2} (?:widerruf\w*|zuruck)",
    r"(?:ich )?widerspreche(?: hiermit)?(?: der| jeder| jeglicher)",
    r"(?:will|mochte)(?: \w+){0,3} (?:nicht mehr|keine)(?: \w+){0,3} (?:erhalten|bekommen|haben|kontaktiert|angerufen)",
    # French
    r"ne?(?: (?:plus|pas|jamais))?(?: (?:me|m|nous|vous))* (?:contact|appel|rappel|ecri|envo|telephon|text|derang|harcel"
    r"|sollicit)\w*(?: (?:moi|de|des|\w+))?(?: (?:plus|pas|jamais|rien))?",
    r"(?:ne )?plus (?:me|m|nous|recevoir|etre) ?(?:contacter|appeler|ecrire|envoyer|contacte\w*|recevoir|de|sms)",
    r"(?:ne|n|je) (?:veux|souhaite|desire|voudrais) (?:plus|pas) (?:recevoir|etre|de vos|vos|que vous)",
    r"^(?:svp |merci |stop )*plus (?:de|d|aucun) (?:sms|messages?|pub|pubs|publicites?|appels?|textos?)",
    r"(?:arrete[rz]?|stopper|cessez|stop)(?: (?:svp|maintenant|tout de suite))*(?: (?:de|d|avec))?(?: (?:me|m|nous|vos|les|ces))*"
    r" (?:envoy|ecri|appel|contact|text|harcel|derang|spam|sms|messages?|pubs?|publicites?|textos?|sollicit)\w*",
    r"(?:retire|supprime|enleve|efface|raye|sorte|desabonne|desinscri(?:s|ve))[rz]?(?: (?:moi|nous|mon (?:numero|nom)"
    r"|mes (?:donnees|coordonnees)|le numero|ce numero))",
    r"(?:veux|voudrais|souhaite|desire|aimerais)(?: \w+){0,2} (?:desabonner|desinscrire|desabonne)",
    r"(?:laisse[rz]?|fiche[rz]?|foute[rz]?|fous|fiches) (?:moi|nous) (?:tranquilles?|la paix|en paix)",
    r"(?:merci|priere|veuillez) (?:d |de |bien vouloir )*(?:arreter|stopper|cesser)|me (?:retirer|supprimer|rayer|enlever) d\w*",
    r"retire (?:mon|tout) consentement|je m oppose",
    # Spanish
    r"no (?:me|nos) (?:llam(?:e[ns]?|ar)|escrib(?:a[ns]?|ir)|contact(?:e[ns]?|ar)|envi(?:e[ns]?|ar)|mand(?:e[ns]?|ar)"
    r"|molest(?:e[ns]?|ar)|texte(?:en?|es|ar))",
    r"(?:ya )?no (?:quiero|deseo)(?: (?:mas|recibir|que me|sus|estos|ser|seguir))+",
    r"no (?:mas|manden mas|envien mas) (?:mensajes|textos|sms|llamadas|publicidad|spam)|no (?:llamen|escriban|molesten) mas",
    r"(?<!no )(?:dej|par)(?:e|en|a|ad|es) de (?:escrib|llam|mand|envi|molest|text|contact|acos)\w*",
    r"(?:quit|borr|elimin|saqu|sac|retir)(?:a|e|en|ar|ad|o)?(?:me|nme|nos)? (?:de (?:la|su|esta|tu) lista|mi (?:numero|nombre)"
    r"|mis datos|este numero)",
    r"(?:quitenme|quiteme|saquenme|saqueme|borrenme|eliminenme|eliminame|borrame)",
    r"dej(?:a|e|en|ad)(?:me|nos|nme) en paz|(?:quiero|deseo|solicito) (?:darme de baja|la baja|mi baja)|d(?:a|e|en)me de baja",
    r"(?:retiro|revoco) mi consentimiento|(?:cancelar|detener|parar) (?:los|sus|estos|todos los) (?:mensajes|textos|sms)",
    # Portuguese
    r"nao (?:me |nos )?(?:lig(?:ue|uem|ues)|mand(?:e|em|es)|envi(?:e|em|es)|escrev(?:a|am|as)|contat(?:e|em)|contact(?:e|em)"
    r"|perturb(?:e|em)|incomod(?:e|em))",
    r"(?<!nao )(?:pare|parem|para|deixe|deixem) de (?:me )?(?:lig|mand|envi|escrev|incomod|contat|contact|perturb)\w*",
    r"nao (?:quero|desejo)(?: mais)? (?:receber|mensagens|sms|ligacoes|ser|essas|mais)",
    r"(?:me (?:remova|remove|tira|tire|tirem|retire|exclua)|(?:remova|tire|tirem|exclua|apague|apaguem)m?(?: me| o)?"
    r"(?: (?:meu numero|meus dados|da lista)))",
    r"(?:me deixe|me deixem|deixe me|deixem me) em paz|retiro (?:o )?meu consentimento",
    # Italian
    r"non (?:mi |ci )?(?:chiam(?:ate|are|i)|scriv(?:ete|ere|i|etemi)|contatt(?:ate|are|atemi|i)|mand(?:ate|are|atemi|i)"
    r"|invi(?:ate|are|atemi)|disturb(?:ate|are|atemi)|chiamatemi)(?: \w+)?(?: piu| mai)?",
    r"(?<!non )smett(?:ete|ila|etela|i|a|ere)(?:la)? di \w+|non voglio (?:piu|ricevere)",
    r"basta (?:con )?(?:i |le |questi |queste )?(?:sms|messaggi|chiamate|pubblicita|spam)",
    r"(?:togl|rimuov|cancell|elimin)\w* (?:dalla|dal|da|il mio|i miei)",
    r"lascia(?:te)?mi (?:in pace|stare)|revoco il (?:mio )?consenso",
    # Dutch
    r"geen (?:sms\w*|berichten|berichtjes|reclame|telefoontjes|appjes|mails?)(?: meer)|(?:wil|wens) geen(?: \w+){0,2} meer",
    r"(?:bel|app|sms|stuur|contacteer|benader|bericht|mail)(?:t|en)? (?:mij|me|ons)(?: (?:aub|alsjeblieft|alstublieft))?"
    r" (?:niet|nooit|geen)",
    r"(?:niet|nooit) (?:meer|weer) (?:bellen|sms\w*|appen|contacteren|benaderen|mailen|lastig)",
    r"stop(?:pen)?(?: (?:aub|alsjeblieft|nu))? met (?:\w+ )?(?:bellen|sms\w*|sturen|appen|mailen|berichten|spammen|lastig)",
    r"(?:verwijder|haal|schrap|schrijf|meld)(?: (?:aub|alsjeblieft))? (?:mij|me|mijn (?:nummer|gegevens|naam))",
    r"laat (?:mij|me) met rust|toestemming in(?:trekken)?",
    # Swedish, Danish, Norwegian
    r"(?:sluta|slut|slutt|stop|stopp) (?:med )?(?:at |a )?(?:skick|send|ring|sms|kontakt|mess|skriv)\w*",
    r"(?:skicka|send|ring|kontakta?|smsa|skriv)(?: mig| meg| til mig| til meg)?(?: (?:inte|aldrig|ikke|aldri))(?: \w+){0,3}(?: mer| mere| igen)",
    r"ikke (?:send|ring|kontakt|skriv)\w*(?: til)?(?: meg| mig)?(?: flere| mer| mere| igen| igjen)",
    r"ing(?:a|en) (?:fler|flere|mer) (?:sms|meddelanden|beskeder|meldinger|samtal)\w*",
    r"(?:ta bort|fjern|slet|slett|radera) (?:mig|meg|mitt? (?:\w+)?|nummeret mitt)|lamna mig i ?fred|la meg vaere"
    r"|lad mig vaere",
    # Polish
    r"(?:prosze )?(?:nie|przestancie|przestan) (?:dzwon|pisz|wysyl|pisac|kontaktuj|nekaj)\w*(?: (?:do mnie|wiecej|juz|mi))+",
    r"nie (?:dzwonic|pisac|wysylac)|usuniecie (?:mojego|moich)",
    r"przesta(?:n|ncie) (?:dzwonic|pisac|wysylac|mnie)|(?:usun|usuncie|wykresl\w*) (?:moj numer|mnie|moje dane)",
)

# Looks like a refusal, or is the anger that comes before a complaint: a person reads it.
DOUBT = _compiled(
    r"(?:why|y) (?:do|are|does|r) (?:you|u|yall|they)(?: \w+){0,2} (?:keep|text|texting|messaging|calling|contacting|send|sending)",
    r"(?:how|where) (?:did|do) (?:you|u|yall)(?: guys)? (?:get|find|have|obtain)(?: \w+)? (?:number|info|information|data|details)",
    r"how (?:you|u) got my|who gave (?:you|u)|where is my number from",
    r"harass\w*|stalk(?:ing|er)|unwanted|unsolicited|spam|spammers?|spamming|scam\w*|cease|desist|tcpa|do not disturb",
    r"report(?:ed|ing)? (?:you|u|this|these|it|your)|sue (?:you|u)|suing|lawsuit|my (?:lawyer|attorney)|legal action"
    r"|fcc|ftc complaint|calling the (?:police|cops)|take you to court",
    r"wrong (?:number|person)|not (?:my|his|her|their) (?:number|phone)|new number|not \w+s (?:number|phone)",
    r"(?:not|no longer|never) interested|no interest",
    r"(?:never|didnt|did not|dont remember|do not remember) (?:sign|signed|signing|subscribe|subscribed|consent|consented|agree"
    r"|agreed|opt|opted|ask|asked|request|requested|give|gave)",
    r"(?:you|u|they) (?:dont|do not|never) (?:text|call|message|contact) (?:me|us)",
    r"(?:dont|do not) want (?:this|it|that|these|any|anything|to be)|enough (?:already|texts|messages|with|of)|too many (?:texts"
    r"|messages|calls)|^enough$|knock it off|cut it out|give it a rest|enough is enough"
    r"|me (?:off|from|out)(?: \w+){0,2} lists?|^off (?:your|the|this) list|without my (?:consent|permission)"
    r"|(?:has|have|got) this number now|number (?:has )?changed|changed (?:my )?number",
    r"(?:cancel|end|quit|terminate)(?: (?:my|the|this|all|your|our))* (?:subscription|membership|service|account|plan)",
    r"block(?:ed|ing)? (?:you|u|this|your)|(?:delete|erase|forget) (?:everything|all my)",
    r"(?:f|fu|fk|fck|f k|f ck|fuck|piss|bugger|eff|sod|feck|buzz|back) off|fuck(?:ing)? (?:you|u|this|yourself)|f u|stfu|gtfo"
    r"|(?<!you )(?<!u )go away|get lost|get stuffed|screw (?:you|u)|shut up|go to hell|drop dead|unsubscribed|unsubscribing|opted out",
    # German, French, Spanish, Portuguese, Italian, Dutch
    r"woher (?:haben|habt|hast)(?: \w+)? meine|kein interesse|falsche nummer|belastigung|anzeige erstatt\w*|verpiss\w*|anwalt",
    r"(?:nicht mehr|nie wieder) (?:erhalten|bekommen|haben)|nervt|keine werbung|(?:dsgvo|rgpd|gdpr|avg klacht)",
    r"(?:comment|ou) avez vous (?:eu|obtenu|trouve) mon|pas interesse\w*|mauvais numero|harcelement|plainte|signaler|degage\w*"
    r"|plus (?:de|d) (?:sms|messages|pub|appels)|foutre|cnil|ca suffit",
    r"(?:como|donde) (?:consigui|obtuvi|tienen|sacaron)\w*(?: \w+)? numero|no (?:me interesa|estoy interesad[oa])|acoso"
    r"|numero (?:equivocado|errado|sbagliato)|voy a (?:denunciar|reportar)\w*|vete a la|dejame|dejenme",
    r"nao (?:tenho interesse|me interessa)|como conseguiram meu|assedio|non (?:mi interessa|sono interessat[oa])|molestie"
    r"|come avete avuto il mio|geen interesse|verkeerd nummer|verkeerde nummer|hoe komen jullie aan|lastiggevallen",
    r"inte intresserad|ikke interesseret|ikke interessert|fel nummer|feil nummer|nie jestem zainteresowan\w*|skad macie moj",
)

_ENDINGS = (
    r"(?:stop|unsubscribe|unsub|opt(?: me)? out|optout|cancel|end|quit|revoke|withdraw|cease|leave (?:me|us)"
    r"|(?:remove|delete|take|get|lose|forget|drop|erase) (?:me|us|my|our|this))"
)
# Group 1 is who is said not to: "you don't stop" complains, "don't stop" asks for more.
NEGATED = re.compile(
    # Not "I can't stop these texts", which asks for help to do so.
    rf"\b(?!(?:cant|cannot|can not|couldnt|could not) stop{_GAP} (?:{_MAIL}))"
    r"(?:(?<!hope )(you|u|yall|they|it|texts|messages|calls|who|if|why) )?"
    r"(?:dont|do not|do nt|never|cant|cannot|can not|couldnt|could not|wont|will not|wouldnt|would not|shouldnt|should not"
    r"|didnt|did not|not|dont think i will|no need to|without)"
    r"(?: (?:ever|you|u|even|please|just|have to|need to|want to|wish to|mean to|trying to|going to|gonna|want you to|want u to"
    rf"|want it to|want them to|want this to|want these to|wanna|asking you to|ask you to))* {_ENDINGS}\b"
)

# An opt-out word that speaks of something else.
ELSEWHERE = _compiled(
    r"(?:a|an|the|my|your|our|each|every|next|last|first|final|second|one|bus|tram|train|metro|subway|pit|rest|truck|quick"
    r"|full|door|short|non|coffee|lunch|bathroom|gas|traffic|tour|two|three|another|which|what)(?: bus| tram| train)? stop"
    r"(?! (?:all|texting|messag\w*|sending|calling|contacting|please|pls|now|it|me|sms|these))",
    r"stop (?:by|off|over|sign|signs|light|lights|watch|gap|motion|loss|along|short)",
    r"stop (?:at|in)(?! once| the name| this| that|$)",
    # What we do together is a cause, not a complaint; unless it is the messages.
    r"(?:(?:we|lets|let us|he|she|people|everyone|congress|voters|you and i|i will|i ll|i d|had to|could)"
    r"(?: (?:all|can|could|must|have|has|need|needs|had|got|gotta|should|will|ll|would|to|are|going|want|just|help|really))*"
    r"|vote(?: \w+)? to|fight to|work to|help(?: us| me)?(?: to)?|join us to)"
    rf" stop(?!{_GAP} (?:{_MAIL}|texting|messaging|sending|contacting|spamming|bothering|harassing)|$)",
    r"stop (?:(?:this|the|that|a|an|these|those|all|our) )?(?:\w+ )?(?:bill|bills|law|laws|war|wars|vote|pipeline|violence|hate|hatred"
    r"|racism|abuse|crime|steal|bleeding|bullying|climate change|genocide|traffic|bus|car|train|killing|theft|corruption"
    r"|cuts|deportations?|shutdown|merger|project|proposal|amendment|tax|taxes)",
    r"stop being (?:so |too )?(?:nice|sweet|cute|kind|silly|funny|good|amazing|lovely|awesome|generous|adorable|perfect)",
    r"(?:stop|quit) (?:smiling|laughing|thinking|crying|worrying|eating|smoking|drinking|loving|dreaming|working|raining|dancing|serving|selling|making|taking|accepting|overthinking"
    r"|singing|growing|learning|moving|watching|buying|reading|grinning|giggling|biting|running|playing|snowing)",
    r"nonstop|stop and (?:go|think|smell)",
    # German, French, Spanish, Portuguese, Italian, Dutch, Nordic: "don't stop", and places to wait at.
    r"(?:nicht|nie|niemals) (?:aufhoren|aufhort|stoppen|stopp|stop|abmelden|abbestellen)|hor(?:t|en sie)? (?:\w+ )?(?:nicht|nie) auf"
    r"(?: zu schreiben)?|stopp? nicht",
    r"(?:n|ne) (?:(?:vous|t|te|me) )?arrete[rz]?(?: surtout)? (?:pas|jamais)(?: de \w+(?: \w+)?)?|sans arret"
    r"|(?:l|un|cet|mon|prochain|d|premier|dernier) arret|arret (?:de (?:bus|tram|metro|travail|car|jeu)|maladie|cardiaque|du bus)",
    r"no (?:pares?|paren|dejes|dejen|deje)(?: de)?(?: \w+)?|sin parar|nao (?:pares?|parem)(?: de)?(?: \w+)?|sem parar",
    r"non (?:smett\w+|fermat\w+|fermar\w+)(?: di)?(?: \w+)?|niet (?:stoppen|afmelden|uitschrijven|stop)|stop niet",
    r"sluta inte|inte sluta|(?:ikke|inte) stopp?|stopp? (?:ikke|inte|aldrig)|slutt ikke|nie przestawaj\w*",
    r"(?:ein|der|den|kein|zwischen|naechste|nachste) stopp?",
)

# The same clause, said with doubt, as a question about how, or for some hours or channels only.
HEDGE = _compiled(
    r"maybe|perhaps|i think|i guess|might|not sure|unsure|if|unless|until|till|before|after|instead|wonder|wondering|possibly"
    r"|should i|how (?:do|can|to|does|would)|is there|are there|what if|what happens|do i have to|does it|why|warum|vielleicht"
    r"|wie kann|wann|ob|peut etre|comment|pourquoi|tal vez|quizas|como|por que|talvez|forse|perche|misschien|waarom|hoe",
    r"while i|at work|at night|on weekends|during|so (?:often|much|late|early)|we (?:have|need|ought) to|lets",
)

# A word that stands alone when this comes just before: "don't. Stop."
REFUSING = re.compile(r"\b(?:dont|do not|never|not|cant|cannot|wont|nicht|ne|nao|non|niet|inte|ikke|nie)$")

# Things that end or are cancelled without any message being refused.
OTHER_THINGS = _compiled(
    r"orders?|appointments?|bookings?|reservations?|meetings?|flights?|tickets?|tables?|deliver(?:y|ies)|week|weekend|month"
    r"|year|day|sale|season|game|match|film|movie|class|classes|lesson|trip|events?|cita|pedido|termin|bestellung|commande"
    r"|rendez vous|rdv|semana|mes|ano|semaine|mois|job|smoking|school|visit|show|party|war|world|time|result|contract|lease"
)

# Refuses one way of contact for another, perhaps a clause later: its scope is for a person to read.
INSTEAD = _compiled(r"instead|only (?:text|call|message|e ?mail)|(?:text|call|message|e ?mail)s? only|rather (?:text|call|mail|email)|stattdessen|plutot|en vez|en cambio|in plaats")
