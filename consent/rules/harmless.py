"""What holds a word of refusal and refuses nothing: "don't stop", "the next stop", "stop this bill", "end of term".

Reference data for `keywords`, in the form that `phrases` describes. It keeps somebody who wants to hear from us
from being cut off; so it is as narrow as it can be, and whatever is left of the text after it still counts.
"""

import re

from consent.rules.phrases import GAP, MAIL, compiled

_ENDINGS = (
    r"(?:stop|unsubscribe|unsub|opt(?: me)? out|optout|cancel|end|quit|revoke|withdraw|cease|leave (?:me|us)"
    r"|(?:remove|delete|take|get|lose|forget|drop|erase) (?:me|us|my|our|this))"
)
# Group 1 is who is said not to: "you don't stop" complains, "don't stop" asks for more.
NEGATED = re.compile(
    # Not "I can't stop these texts", which asks for help to do so.
    rf"\b(?!(?:cant|cannot|can not|couldnt|could not) stop{GAP} (?:{MAIL}))"
    r"(?:(?<!hope )(you|u|yall|they|texts|messages|calls|who|if|why) )?(?:dont|do not|do nt|doesnt|does not|never"
    r"|cant|cannot|can not|couldnt|could not|wont|will not|wouldnt|would not|shouldnt|should not|didnt|did not|not"
    r"|dont think i will|no need to|without)(?: (?:ever|you|u|even|please|just|have to|need to|want to|wish to"
    r"|mean to|trying to|going to|gonna|want you to|want u to"
    rf"|want it to|want them to|want this to|want these to|wanna|asking you to|ask you to))* {_ENDINGS}\b"
)

# An opt-out word that speaks of something else.
ELSEWHERE = compiled(
    r"(?:a|an|the|my|your|our|each|every|next|last|first|final|second|one|bus|tram|train|metro|subway|pit|rest|truck"
    r"|quick|full|door|short|non|coffee|lunch|bathroom|gas|traffic|tour|two|three|another|which|what)(?: bus| tram"
    r"| train)? stop(?! (?:all|texting|messag\w*|sending|calling|contacting|please|pls|now|it|me|sms|these))",
    r"stop (?:by|off|over|sign|signs|light|lights|watch|gap|motion|loss|along|short)",
    r"stop (?:at|in)(?! once| the name| this| that|$)",
    # What we do together is a cause, not a complaint; unless it is the messages.
    r"(?:(?:we|lets|let us|he|she|people|everyone|congress|voters|you and i|i will|i ll|i d|had to|could)(?: (?:all"
    r"|can|could|must|have|has|need|needs|had|got|gotta|should|will|ll|would|to|are|going|want|just|help|really))*"
    r"|vote(?: \w+)? to|fight to|work to|help(?: us| me)?(?: to)?|join us to)"
    rf" stop(?!{GAP} (?:{MAIL}|texting|messaging|sending|contacting|spamming|bothering|harassing)|$)",
    r"stop (?:(?:this|the|that|a|an|these|those|all|our) )?(?:\w+ )?(?:bill|bills|law|laws|war|wars|vote|pipeline"
    r"|violence|hate|hatred|racism|abuse|crime|steal|bleeding|bullying|climate change|genocide|traffic|bus|car|train"
    r"|killing|theft|corruption|cuts|deportations?|shutdown|merger|project|proposal|amendment|tax|taxes)",
    r"stop being (?:so |too )?(?:nice|sweet|cute|kind|silly|funny|good|amazing|lovely|awesome|generous|adorable"
    r"|perfect)",
    r"(?:stop|quit) (?:smiling|laughing|thinking|crying|worrying|eating|smoking|drinking|loving|dreaming|working"
    r"|raining|dancing|serving|selling|making|taking|accepting|overthinking|singing|growing|learning|moving|watching"
    r"|buying|reading|grinning|giggling|biting|running|playing|snowing)",
    r"nonstop|stop and (?:go|think|smell)",
    # German, French, Spanish, Portuguese, Italian, Dutch, Nordic: "don't stop", and places to wait at.
    r"(?:nicht|nie|niemals) (?:aufhoren|aufhort|stoppen|stopp|stop|abmelden|abbestellen)|hor(?:t"
    r"|en sie)? (?:\w+ )?(?:nicht|nie) auf(?: zu schreiben)?|stopp? nicht",
    r"(?:n|ne) (?:(?:vous|t|te|me) )?arrete[rz]?(?: surtout)? (?:pas|jamais)(?: de \w+(?: \w+)?)?|sans arret|(?:l|un"
    r"|cet|mon|prochain|d|premier|dernier) arret|arret (?:de (?:bus|tram|metro|travail|car|jeu)|maladie|cardiaque"
    r"|du bus)",
    r"no (?:pares?|paren|dejes|dejen|deje)(?: de)?(?: \w+)?|sin parar|nao (?:pares?|parem)(?: de)?(?: \w+)?|sem parar",
    r"non (?:smett\w+|fermat\w+|fermar\w+)(?: di)?(?: \w+)?|niet (?:stoppen|afmelden|uitschrijven|stop)|stop niet",
    r"sluta inte|inte sluta|(?:ikke|inte) stopp?|stopp? (?:ikke|inte|aldrig)|slutt ikke|nie przestawaj\w*",
    r"(?:ein|der|den|kein|zwischen|naechste|nachste) stopp?",
)

# A word that stands alone when this comes just before: "don't. Stop."
REFUSING = re.compile(r"\b(?:dont|do not|never|not|cant|cannot|wont|nicht|ne|nao|non|niet|inte|ikke|nie)$")

# Things that end or are cancelled without any message being refused.
OTHER_THINGS = compiled(
    r"orders?|appointments?|bookings?|reservations?|meetings?|flights?|tickets?|tables?|deliver(?:y|ies)|week|weekend"
    r"|month|year|day|sale|season|game|match|film|movie|class|classes|lesson|trip|events?|cita|pedido|termin"
    r"|bestellung|commande|rendez vous|rdv|semana|mes|ano|semaine|mois|job|smoking|school|visit|show|party|war|world"
    r"|time|result|contract|lease"
)
