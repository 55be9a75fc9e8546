"""How people refuse further messages in whole sentences, for certain or perhaps: reference data for `keywords`.

47 CFR 64.1200(a)(10) takes "any reasonable means" of revoking, and the CTIA Messaging Principles, 5.1.3, want
"normal language" read and acted upon. No rule lists such sentences: these are ours, and grow by what reviewers
find. They are matched against one clause in small letters, with neither accents nor punctuation, "don't" as "dont".
"""

import re


def compiled(*patterns: str) -> re.Pattern[str]:
    """Any of the patterns, as whole words."""
    return re.compile("|".join(rf"\b(?:{pattern})\b" for pattern in patterns))


# English word classes. The gaps between words are lists of fillers, so that no pattern spans an unrelated sentence.
_REACH = (
    r"(?:text|txt|texing|messag|msg|contact|call|phon|ring|sms|whatsapp|e ?mail|spam|bother|harass|pester|disturb"
    r"|annoy|bug|hound|send|writ)(?:e|es|s|in|ing|ming|ging)?"
)
MAIL = (
    r"(?:text|txt|message|messge|msg|call|sms|alert|notification|ad|advert|advertisement|promo|promotion|newsletter"
    r"|update|reminder|offer|e ?mail|mail|communication|correspondence|notice)(?:s|es)?(?: messages?)?|spam|marketing"
    r"|contact"
)
GAP = (
    r"(?: (?:please|pls|all|any|more|further|of|the|these|those|this|that|them|your|ur|you|u|me|us|my|our|to|with"
    r"|sending|send|getting|get|receiving|receive|having|have|being|be|stupid|damn|fucking|unwanted|annoying"
    r"|promotional|marketing|automated|political|text|phone|spam|sms|calling|texting|and)){0,5}?"
)
_FAMILY = r"(?:family|wife|husband|mother|mom|mum|father|dad|kids?|son|daughter|parents|grandma|grandmother)"
_PERSON = (
    rf"(?:me|us|this (?:number|phone|person|line)|(?:my|our) (?:{_FAMILY}|(?:\w+ )?(?:number|phone|line|cell|mobile"
    r"|house|home|office|work|job)))"
)
_MINE = (
    rf"(?:(?:my|this|our) (?:{_FAMILY}|(?:\w+ )?(?:number|num|no|phone|details|info|information|data|name|contact"
    rf"|line))"
    r"|the number|this phone|me|us)"
)
_NEVER = r"(?:dont|do not|do nt|never|not|no longer|pls no|please no)"

OPT_OUT = compiled(
    # English
    rf"(?:stop|discontinue){GAP} (?:{MAIL})",
    rf"(?:stop|quit|cease|discontinue|desist from|refrain from){GAP} (?:send|sending|text|texting|txting|messaging"
    r"|msging|spamming|contacting)",
    rf"(?:stop|quit|cease){GAP} {_REACH} (?:{_PERSON}|here|again|anymore|please|pls)",
    r"(?:stop|quit|cease) (?:calling|phoning|ringing)$",
    r"(?:please|pls|plz|kindly|just|now|bitte|svp|por favor|aub) stop(?: (?:it|this|that|now|please|all|everything|ok"
    r"|already))*$",
    r"(?:say|saying|tell you|texting|reply|replying|sending|typing|told you|not interested) stop$",
    r"^stop (?:it|this|that|them|everything|me|now|these|messages)(?: (?:please|pls|now|all))*$",
    r"^stop (?:(?:au|to|an|at) )?\d+$",
    r"(?:can|could|will|would) (?:you|u|yall) (?:please |just |kindly |all )*stop(?: it| this| that| please| now)*$",
    r"(?:said|(?:told|tell|asked|ask|asking|telling|beg|begging) (?:you|u|yall)(?: \w+)? to|texted|replied|wrote"
    r"|typed) stop",
    r"(?:want|need|like) (?:this|it|these|them|that|you|the \w+|these \w+|your \w+) to stop|make (?:it|this|that"
    r"|these|them) stop|stop blowing up my",
    rf"(?:take|get|pull|strike|scratch|put) {_MINE} (?:off|out of|from)",
    rf"(?:remove|delete|erase|unlist|exclude) {_MINE}|drop (?:me from|my number)",
    r"(?:want|need|let me|like)(?: \w+){0,2} off (?:of )?(?:your|this|the|ur|all)(?: \w+)? lists?",
    r"(?:be|get) (?:removed|taken off|deleted|unsubscribed|opted out)",
    r"(?:lose|loose|forget|block|get rid of) (?:my|this|our) (?:\w+ )?number|my number off (?:your|this"
    r"|the)(?: \w+)? (?:list|system|database)",
    rf"(?<!why )(?<!you )(?<!they ){_NEVER}(?: ever| you| u| dare| please| want you to| want u to)* (?!send"
    rf"|writ){_REACH} "
    r"(?:me|us|this number|this phone|my \w+|here|again|anymore|any more)",
    r"(?:dont|do not|never)(?: ever)? (?:send|write)(?: (?:me|us|to|here))*(?: (?:any|more|these|this|your|again"
    r"|anything|another|a single"
    rf"|{MAIL})|$)",
    r"^(?:please |pls |ok |just )*(?:dont|do not|never)(?: ever)? (?:text|txt|message|msg|call|contact|sms|phone"
    r"|e ?mail)(?: (?:again|please|anymore))*$",
    r"(?:do not|dont) (?:call|contact|text) (?:list|registry|register)",
    rf"no (?:more|further)(?: \w+){{0,2}} (?:{MAIL})",
    r"^(?:please )?no (?:texts|text messages|txts|messages|msgs|calls|sms|spam|emails|ads|alerts|marketing"
    r"|contact)(?: please| thanks| anymore)*$",
    rf"(?:{_NEVER}) (?:want|wanting|wish|wanna|care|like|need|agree|consent|authori[sz]e)(?: to)?{GAP} (?:{MAIL}"
    r"|texting|messaging)",
    r"(?:no longer|dont|do not|never) (?:want|wish|wanna|care|like)(?: to)? (?:receive|receiving|hear from"
    r"|be contacted|be texted|be called|be messaged|be on (?:your|this|the)|be part of (?:your|this))",
    rf"to (?:no longer|not|never) (?:receive|be sent|get){GAP} (?:{MAIL})",
    r"(?:want|wish|like|need|wanna|going|please|pls|hereby|kindly)(?: to)? (?:opt out|optout|unsubscribe|unsub)",
    r"(?:unsubscribe|unsub) (?:me|us)|opt (?:me|us) out|opting out|i (?:opt out|unsubscribe)|unsubscribe (?:from"
    r"|this number|my \w+)|^opt out of",
    rf"(?:cancel|end|terminate|turn off|disable){GAP} (?:texts|texting|text messages|messages|sms|alerts"
    r"|notifications|spam)",
    r"(?:revoke|withdraw|rescind|retract|cancel)(?: (?:my|all|any|prior|previous|our|the))* (?:consent|permission"
    r"|authori[sz]ation|opt in)",
    r"(?:consent|permission)(?: is| has been)? (?:revoked|withdrawn)",
    r"(?:dont|do not|no longer) have(?: (?:my|our|any|the))* (?:consent|permission)|(?:cease|stop) all (?:contact"
    r"|communication)",
    r"object to (?:the |any |your |this |all |further )*(?:processing|marketing|direct marketing|profiling|use of my)",
    r"leave (?:me|us) (?:the \w+ )?(?:alone|be)|cease and desist",
    r"wrong (?:number|person)(?: \w+){0,2} (?:stop|remove|unsubscribe)",
    # German
    r"hor(?:t|e|en sie)?(?: \w+){0,2} auf|hoert(?: \w+){0,2} auf|hoer(?:en sie)? auf",
    r"(?<!habe )(?<!hab )(?:bitte )?keine(?:n|rlei)?(?: weitere\w*)?(?: werbe)? ?(?:sms|nachrichten|textnachrichten"
    r"|werbung|anrufe?|mails?|whatsapps?|newsletter|benachrichtigungen|infos)(?: mehr| bitte| senden| schicken)",
    r"bitte keine(?: weitere\w*)? (?:sms|nachrichten|werbung|anrufe|mails|kontaktaufnahme)|keine weitere\w* (?:sms"
    r"|nachrichten)",
    r"(?<!ich )(?:schreib|ruf|kontaktier|text|sms|belastig|send|schick|nerv|stor)\w*(?: (?:sie|ihr|mich|mir|uns|bitte"
    r"|hier|nochmal)){0,3} (?:nicht|nie|niemals|keine \w+)(?: mehr| wieder| an| weiter)*",
    r"(?:mich|mir|uns)? ?(?:nicht mehr|nie mehr|nie wieder|nicht weiter) (?:anrufen|anschreiben|schreiben"
    r"|kontaktieren|texten|belastigen|anzurufen|zu kontaktieren|anzuschreiben)",
    r"lass(?:t|en sie)? mich in ruhe|unterlass\w* (?:sie|das|dies|es)|loschung meiner (?:daten|\w*nummer)",
    r"(?:losch|loesch|entfern|streich)\w*(?: sie| bitte)* (?:mich|meine? (?:\w*nummer|daten|kontaktdaten))",
    r"ich melde mich(?: hiermit| bitte)* ab$|aus (?:dem|ihrem|eurem) verteiler|aus (?:der|ihrer|eurer|deiner) liste",
    r"stopp? mit(?: \w+)? (?:sms|nachrichten|werbung|anrufen|mails)",
    r"(?<!ich )(?:meld|trag|nehm|nimm)\w*(?: sie| bitte)* (?:mich|meine? \w*nummer)(?: bitte| sofort| hier)* (?:ab"
    r"|aus|raus|von)",
    r"meine? (?:\w*nummer|daten)(?: \w+){0,4} (?:loschen|entfernen|streichen|loescht|loeschen)",
    r"mich(?: \w+){0,3} (?:abmelden|austragen|abzumelden)|mochte(?: \w+){0,3} (?:abmelden|abbestellen)",
    r"widerruf\w*(?: \w+){0,3} (?:einwilligung|zustimmung)|(?:einwilligung|zustimmung)(?: \w+){0,2} (?:widerruf\w*"
    r"|zuruck)",
    r"(?:ich )?widerspreche(?: hiermit)?(?: der| jeder| jeglicher)",
    r"(?:will|mochte)(?: \w+){0,3} (?:nicht mehr|keine)(?: \w+){0,3} (?:erhalten|bekommen|haben|kontaktiert"
    r"|angerufen)",
    # French
    r"(?<!je )(?<!on )ne?(?: (?:plus|pas|jamais))?(?: (?:me|m|nous))* (?:contact|appel|rappel|ecri|envo|telephon|text"
    r"|derang|harcel|sollicit)\w*(?: (?:moi|de|des|\w+))?(?: (?:plus|pas|jamais|rien))?",
    r"ne plus (?:me|m|nous|recevoir|etre)|plus (?:me|m) (?:contacter|appeler|ecrire|envoyer)",
    r"(?:ne|n|je) (?:veux|souhaite|desire|voudrais) (?:plus|pas) (?:recevoir|etre|de vos|vos|que vous)",
    r"^(?:svp |merci |stop )*plus (?:de|d|aucun) (?:sms|messages?|pub|pubs|publicites?|appels?|textos?)",
    r"(?:arrete[rz]?|stopper|cessez|stop)(?: (?:svp|maintenant|tout de suite))*(?: (?:de|d|avec))?(?: (?:me|m|nous"
    r"|vos|les|ces))* (?:envoy|ecri|appel|contact|text|harcel|derang|spam|sms|messages?|pubs?|publicites?|textos?"
    r"|sollicit)\w*",
    r"(?:retire|supprime|enleve|efface|raye|sorte|desabonne|desinscri(?:s|ve))[rz]?(?: (?:moi|nous|mon (?:numero|nom)"
    r"|mes (?:donnees|coordonnees)|le numero|ce numero))",
    r"(?:veux|voudrais|souhaite|desire|aimerais)(?: \w+){0,2} (?:desabonner|desinscrire|desabonne)",
    r"(?:laisse[rz]?|fiche[rz]?|foute[rz]?|fous|fiches) (?:moi|nous) (?:tranquilles?|la paix|en paix)",
    r"(?:merci|priere|veuillez) (?:d |de |bien vouloir )*(?:arreter|stopper|cesser)|me (?:retirer|supprimer|rayer"
    r"|enlever) d\w*",
    r"retire (?:mon|tout) consentement|je m oppose",
    # Spanish
    r"no (?:me|nos) (?:llam(?:e[ns]?|ar)|escrib(?:a[ns]?|ir)|contact(?:e[ns]?|ar)|envi(?:e[ns]?|ar)|mand(?:e[ns]?|ar)"
    r"|molest(?:e[ns]?|ar)|texte(?:en?|es|ar))",
    r"(?:ya )?no (?:quiero|deseo)(?: (?:mas|recibir|que me|sus|estos|ser|seguir|nada|mensajes|textos|sms|llamadas"
    r"|publicidad))+",
    r"no (?:contactar|llamar|escribir|molestar|enviar)",
    r"no (?:mas|manden mas|envien mas) (?:mensajes|textos|sms|llamadas|publicidad|spam)|no (?:llamen|escriban"
    r"|molesten) mas|no (?:me |nos )?vuelv\w+ a (?:llam|escrib|mand|envi|contact|molest)\w*|paren (?:los|sus|estos"
    r"|con los) (?:mensajes|textos)",
    r"(?<!no )(?:dej|par)(?:e|en|a|ad|es) de (?:escrib|llam|mand|envi|molest|text|contact|acos)\w*",
    r"(?:quit|borr|elimin|saqu|sac|retir)(?:a|e|en|ar|ad|o)?(?:me|nme|nos)? (?:de (?:la|su|esta|tu) lista"
    r"|mi (?:numero|nombre)|mis datos|este numero)",
    r"(?:quitenme|quiteme|saquenme|saqueme|borrenme|eliminenme|eliminame|borrame)",
    r"dej(?:a|e|en|ad)(?:me|nos|nme) en paz|(?:quiero|deseo|solicito) (?:darme de baja|la baja|mi baja)|d(?:a|e"
    r"|en)me de baja",
    r"(?:retiro|revoco) mi consentimiento|(?:cancelar|detener|parar) (?:los|sus|estos|todos los) (?:mensajes|textos"
    r"|sms)",
    # Portuguese
    r"nao (?:me |nos )?(?:lig(?:ue|uem|ues)|mand(?:e|em|es)|envi(?:e|em|es)|escrev(?:a|am|as)|contat(?:e|em)"
    r"|contact(?:e|em)|perturb(?:e|em)|incomod(?:e|em)|enviar|ligar|mandar)|^quero (?:sair|parar)$",
    r"(?<!nao )(?:pare|parem|para|deixe|deixem) de (?:me )?(?:lig|mand|envi|escrev|incomod|contat|contact|perturb)\w*",
    r"nao (?:quero|desejo)(?: mais)? (?:receber|mensagens|sms|ligacoes|ser|essas|mais)",
    r"(?:me (?:remova|remove|tira|tire|tirem|retire|exclua)|(?:remova|remover|tire|tirem|exclua|apague"
    r"|apaguem)m?(?: me| o)?(?: (?:meu numero|meu contato|meus dados|da lista)))",
    r"(?:me deixe|me deixem|deixe me|deixem me) em paz|retiro (?:o )?meu consentimento",
    # Italian
    r"non (?:mi |ci )?(?:chiam(?:ate|are|i)|scriv(?:ete|ere|i|etemi)|contatt(?:ate|are|atemi|i)|mand(?:ate|are|atemi"
    r"|i)|invi(?:ate|are|atemi)|disturb(?:ate|are|atemi)|chiamatemi)(?: \w+)?(?: piu| mai)?",
    r"(?<!non )smett(?:ete|ila|etela|i|a|ere)(?:la)? di \w+|non voglio (?:piu|ricevere|messaggi|sms|chiamate)",
    r"basta (?:con )?(?:i |le |questi |queste )?(?:sms|messaggi|chiamate|pubblicita|spam)",
    r"(?:togl|rimuov|cancell|elimin)\w* (?:dalla|dal|da|il mio|i miei)",
    r"lascia(?:te)?mi (?:in pace|stare)|revoco il (?:mio )?consenso",
    # Dutch
    r"geen (?:sms\w*|berichten|berichtjes|reclame|telefoontjes|appjes|mails?)(?: meer)|(?:wil|wens) geen(?: \w+){0,2}"
    r" meer",
    r"(?:bel|app|sms|stuur|contacteer|benader|bericht|mail)(?:t|en)? (?:mij|me|ons)(?: (?:aub|alsjeblieft"
    r"|alstublieft))? (?:niet|nooit|geen)",
    r"(?:niet|nooit) (?:meer|weer) (?:sturen|bellen|sms\w*|appen|contacteren|benaderen|mailen|lastig)",
    r"stop(?:pen)?(?: (?:aub|alsjeblieft|nu))? met (?:\w+ )?(?:bellen|sms\w*|sturen|appen|mailen|berichten|spammen"
    r"|lastig)",
    r"(?:verwijder|haal|schrap|schrijf|meld)(?: (?:aub|alsjeblieft))? (?:mij|me|mijn (?:nummer|gegevens|naam))",
    r"laat (?:mij|me) met rust|wil (?:mij|me) afmelden|toestemming in(?:trekken)?",
    # Swedish, Danish, Norwegian
    r"(?:sluta|slut|slutt|stop|stopp) (?:med )?(?:at |a )?(?:skick|send|ring|sms|kontakt|mess|skriv)\w*",
    r"(?:skicka|send|ring|kontakta?|smsa|skriv)(?: mig| meg| til mig| til meg)?(?: (?:inte|aldrig|ikke"
    r"|aldri))(?: \w+){0,3}(?: mer| mere| igen)",
    r"vill?(?: \w+)? (?:inte|ikke) (?:ha|have|fa|motta|modtage)(?: \w+)? (?:sms|fler|flere|mer|mere|meddel|besked"
    r"|melding)\w*",
    r"ikke kontakt(?:a|e)? (?:meg|mig)",
    r"ikke (?:send|ring|kontakt|skriv)\w*(?: til)?(?: meg| mig)?(?: flere| mer| mere| igen| igjen)",
    r"ing(?:a|en) (?:fler|flere|mer) (?:sms|meddelanden|beskeder|meldinger|samtal)\w*",
    r"(?:ta bort|fjern|slet|slett|radera) (?:mig|meg|mitt? (?:\w+)?|nummeret mitt)|lamna mig i ?fred|la meg vaere"
    r"|lad mig vaere",
    # Polish
    r"(?:prosze )?(?:nie|przestancie|przestan) (?:dzwon|pisz|wysyl|pisac|kontaktuj|nekaj)\w*(?: (?:do mnie|wiecej|juz"
    r"|mi))+",
    r"nie (?:dzwonic|pisac|wysylac)|nie chce (?:wiecej|sms|wiadomosci|otrzymywac)|mnie wypisac|usuniecie (?:mojego"
    r"|moich)",
    r"przesta(?:n|ncie) (?:dzwonic|pisac|wysylac|mnie)|(?:usun|usuncie|wykresl\w*) (?:moj numer|mnie|moje dane)",
    # Russian
    r"не (?:пишите|звоните|присылаите|беспокоите)(?: мне)?|отпишите (?:меня|мои)|удалите (?:мои номер|меня)",
)

# Looks like a refusal, or is the anger that comes before a complaint: a person reads it.
DOUBT = compiled(
    r"(?:you|u|yall) keep (?:text|call|messag|send|contact|bother)\w*|(?:done|fed up|sick|tired) (?:with|of) (?:this"
    r"|these|your)|please remove$|^no (?:text|call|promo|promos|contact)$|want out|let me out|no longer (?:at|with"
    r"|works?)|has died|is dead|deceased|passed away|dont know (?:you|who you are|who this is)$",
    r"schluss damit|es reicht|lass(?:t)? das|geen reclame|niks meer|uit de lijst|en veux plus|par(?:e|em) com isso",
    # A no near a message, unless it is one that did not arrive or is not minded.
    r"(?:no|not|never|dont|without|nor)(?! (?:get|got|receive|received|see|saw|have|had|hear|heard|mind|miss"
    r"|understand|know|forget|worry|open|read|find|show|new|updates?|problem))(?: (?!(?:get|got|see|have|miss|mind"
    r"|find|open|read)\b)\w+){0,3} (?:texts|txts|text messages|messages|msgs|sms|calls|alerts|notifications|texting"
    r"|messaging|newsletters?|marketing)",
    r"why (?:am i|do i|i am|i keep|did i)(?: \w+)? (?:get|getting|receiving)|get off (?:of )?(?:this|your"
    r"|the)(?: \w+)? list|discontinue|(?:rather|prefer) not|stop2\w+|count me out|^i m out$|^im out$|never again",
    r"(?:why|y) (?:do|are|does|r) (?:you|u|yall|they)(?: \w+){0,2} (?:keep|text|texting|messaging|calling|contacting"
    r"|send|sending)",
    r"(?:how|where) (?:did|do) (?:you|u|yall)(?: guys)? (?:get|find|have|obtain)(?: \w+)? (?:number|info|information"
    r"|data|details)",
    r"how (?:you|u) got my|who gave (?:you|u)|where is my number from",
    r"harass\w*|stalk(?:ing|er)|unwanted|unsolicited|spam|spammers?|spamming|scam\w*|cease|desist|tcpa|do not disturb",
    r"report(?:ed|ing)? (?:you|u|this|these|it|your)|sue (?:you|u)|suing|lawsuit|my (?:lawyer|attorney(?! general))"
    r"|legal action|fcc|ftc complaint|calling the (?:police|cops)|take you to court",
    r"wrong (?:number|person)|not (?:my|his|her|their) (?:number|phone)|(?:is|have|got) a new number"
    r"|not \w+s (?:number|phone)",
    r"(?:not|no longer|never) interested|no interest",
    r"(?:never|didnt|did not|dont remember|do not remember) (?:sign|signed|signing|subscribe|subscribed|consent"
    r"|consented|agree|agreed|opt|opted|ask|asked|request|requested|give|gave)",
    r"(?:you|u|they) (?:dont|do not|never) (?:text|call|message|contact) (?:me|us)",
    r"(?:dont|do not) want (?:this|it|that|these|any|anything|to be)|enough (?:already|texts|messages|with|of)"
    r"|too many (?:texts|messages|calls)|^enough$|knock it off|cut it out|give it a rest|enough is enough|me (?:off"
    r"|from|out)(?: \w+){0,2} lists?|^off (?:your|the|this) list|without my (?:consent|permission)|(?:has|have"
    r"|got) this number now|number (?:has )?changed|changed (?:my )?number",
    r"(?:cancel|end|quit|terminate)(?: (?:my|the|this|all|your|our))* (?:subscription|membership|service|account"
    r"|plan)",
    r"block(?:ed|ing)? (?:you|u|this|your)|(?:delete|erase|forget) (?:everything|all my)",
    r"(?:f|fu|fk|fck|f k|f ck|fuck|piss|bugger|eff|sod|feck|buzz|back) off|fuck(?:ing)? (?:you|u|this|yourself)|f u"
    r"|stfu|gtfo|(?<!you )(?<!u )go away|get lost|get stuffed|screw (?:you|u)|shut up|go to hell|drop dead"
    r"|unsubscribed|unsubscribing|opted out",
    # German, French, Spanish, Portuguese, Italian, Dutch
    r"woher (?:haben|habt|hast)(?: \w+)? meine|kein interesse|falsche nummer|belastigung|anzeige erstatt\w*"
    r"|verpiss\w*|anwalt",
    r"(?:nicht mehr|nie wieder) (?:erhalten|bekommen|haben)|nervt|keine werbung|(?:will|mochte)(?: \w+){0,2} nicht"
    r" mehr$|^ich kundige|(?:dsgvo|rgpd|gdpr|avg klacht)",
    r"(?:comment|ou) avez vous (?:eu|obtenu|trouve) mon|pas interesse\w*|mauvais numero|harcelement|plainte|signaler"
    r"|degage\w*|plus (?:de|d) (?:sms|messages|pub|appels)|foutre|cnil|ca suffit|plus jamais",
    r"(?:como|donde) (?:consigui|obtuvi|tienen|sacaron)\w*(?: \w+)? numero|no (?:me interesa|estoy interesad[oa])"
    r"|acoso|numero (?:equivocado|errado|sbagliato)|voy a (?:denunciar|reportar)\w*|vete a la|^ya no$|nunca mas"
    r"|cancel\w* (?:la |mi |esta )?suscripcion|dejame|dejenme",
    r"^quero cancelar$|nao (?:tenho interesse|me interessa)|como conseguiram meu|assedio|non (?:mi interessa"
    r"|sono interessat[oa])|molestie|come avete avuto il mio|geen interesse|verkeerd nummer|verkeerde nummer"
    r"|hoe komen jullie aan|lastiggevallen",
    r"inte intresserad|ikke interesseret|ikke interessert|fel nummer|feil nummer|nie jestem zainteresowan\w*|en halua"
    r"|skad macie moj",
)

# The same clause, said with doubt, as a question about how, or for some hours or channels only.
HEDGE = compiled(
    r"maybe|perhaps|i think|i guess|might|not sure|unsure|if|unless|until|till|before|after|instead|wonder|wondering"
    r"|possibly|should i|how (?:do|can|to|does|would)|is there|are there|what if|what happens|do i have to|does it"
    r"|why|warum|vielleicht|wie kann|wann|ob|peut etre|comment|pourquoi|tal vez|quizas|como|por que|talvez|forse"
    r"|perche|misschien|waarom|hoe|vor|nach|avant|antes|prima di|voor|fore|for kl|przed",
    r"while i|at work|at night|on weekends|during|so (?:often|much|late|early)|we (?:have|need|ought) to|lets",
)

# Refuses one way of contact for another, perhaps a clause later: its scope is for a person to read.
INSTEAD = compiled(
    r"instead|only (?:text|call|message|e ?mail)|(?:text|call|message|e ?mail)s? only|rather (?:text|call|mail|email)"
    r"|stattdessen|plutot|en vez|en cambio|in plaats"
)
