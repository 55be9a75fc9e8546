"""The words that opt out, opt in, confirm and ask for help, per language: reference data, each set with its source.

Words are written as people write them, accents included; they are compared as `keywords.normalise` and the loss
of accents leave them. A word stands in one set only, also where several languages share it. Where no rule or
provider prescribes a word, the set says so: GDPR Art. 7(3) asks that withdrawing be as easy as giving, so the
plain word for it in the language in which we asked must do. `unmistakable` words say the same in the midst of a
sentence; the others ("end", "cancel", "alto") mean it only when they stand alone.
"""

from dataclasses import dataclass

_FCC = "47 CFR 64.1200(a)(10)"
_CTIA = "CTIA Messaging Principles and Best Practices, 5.1.3"
_TWILIO = "Twilio, Support for opt-out keywords (SMS STOP filtering)"
_AWS = "AWS End User Messaging SMS, Required opt-out list keywords"
_CANADA = "CWTA Canadian Common Short Code Application Guidelines, mandatory keywords"
_PLAIN = "GDPR Art. 7(3): the plain word of the language; prescribed by no rule"
_CLEAR = "GDPR Art. 4(11): a clear affirmative of the language; prescribed by no rule"
_ASKED = "CTIA Messaging Principles and Best Practices, on HELP: its plain word in the language; prescribed by no rule"
_TYPED = "47 CFR 64.1200(a)(10), any reasonable means: the prescribed words as they are often mistyped"


@dataclass(frozen=True, slots=True)
class KeywordSet:
    """Words of one language ("mul": of several) from one source, and whether they mean the same in any sentence."""

    language: str
    source: str
    words: tuple[str, ...]
    unmistakable: bool = False


OPT_OUT = (
    KeywordSet("en", _FCC, ("stop", "opt out", "unsubscribe"), unmistakable=True),
    KeywordSet("en", _FCC, ("quit", "end", "revoke", "cancel")),
    KeywordSet("en", _CTIA, ("please opt me out", "opt me out"), unmistakable=True),
    KeywordSet("en", _TWILIO, ("stopall", "stop all", "optout"), unmistakable=True),
    KeywordSet("en", _AWS, ("remove",)),
    # In Chinese the initials of "tuiding", to unsubscribe.
    KeywordSet("zh", _AWS, ("td",)),
    KeywordSet("zh", _PLAIN, ("退订", "退訂", "停止", "取消订阅"), unmistakable=True),
    KeywordSet("en", _PLAIN, ("unsub", "remove me", "unsubscribe me", "leave me alone"), unmistakable=True),
    KeywordSet("en", _PLAIN, ("no more", "delete me", "take me off", "cease", "discontinue", "exit", "halt")),
    KeywordSet(
        "en",
        _TYPED,
        ("stpo", "sotp", "stahp", "stip", "stopo", "unsuscribe", "unsubcribe", "unsubscibe", "unsubsribe", "unscribe"),
        unmistakable=True,
    ),
    KeywordSet("fr", _CANADA, ("arrêt",), unmistakable=True),
    KeywordSet("fr", "Twilio Proxy, Opt-out keywords", ("arrett", "arrête"), unmistakable=True),
    KeywordSet(
        "fr",
        _PLAIN,
        ("arrêtez", "arrêter", "désabonner", "désabonnement", "désabonnez-moi", "se désabonner", "me désabonner"),
        unmistakable=True,
    ),
    KeywordSet(
        "fr",
        _PLAIN,
        ("désinscrire", "désinscription", "me désinscrire", "désinscrivez-moi", "stop pub", "stop sms"),
        unmistakable=True,
    ),
    KeywordSet("fr", _PLAIN, ("annuler", "résilier", "supprimer", "retirer", "terminer")),
    KeywordSet("de", _PLAIN, ("abmelden", "abmeldung", "abbestellen", "austragen"), unmistakable=True),
    KeywordSet(
        "de", _PLAIN, ("aufhören", "kündigen", "ende", "schluss", "widerruf", "widerrufen", "beenden", "löschen")
    ),
    KeywordSet("de", _PLAIN, ("stoppt", "kuendigen", "aufhoeren", "loeschen")),
    KeywordSet("es", _PLAIN, ("dar de baja", "darme de baja", "dame de baja", "denme de baja"), unmistakable=True),
    KeywordSet("es", _PLAIN, ("desuscribir", "desuscribirme", "cancelar suscripción"), unmistakable=True),
    KeywordSet("es", _PLAIN, ("alto", "baja", "pare", "paren", "parar", "detener", "deténganse", "cancelar", "basta")),
    KeywordSet("es", _PLAIN, ("no más", "fin", "salir")),
    KeywordSet("pt", _PLAIN, ("descadastrar", "cancelar inscrição", "me descadastre"), unmistakable=True),
    KeywordSet("pt", _PLAIN, ("sair", "parem", "remover", "encerrar", "chega")),
    KeywordSet(
        "it", _PLAIN, ("disiscrivi", "disiscrivimi", "disiscrivermi", "disiscrizione", "cancellami"), unmistakable=True
    ),
    KeywordSet(
        "it",
        _PLAIN,
        ("ferma", "fermare", "fermati", "smettila", "smettetela", "annulla", "cancella", "disdici", "disattiva"),
    ),
    KeywordSet("nl", _PLAIN, ("afmelden", "uitschrijven", "meld mij af", "meld me af"), unmistakable=True),
    KeywordSet("nl", _PLAIN, ("stoppen", "opzeggen", "einde", "beëindigen", "annuleren")),
    KeywordSet("mul", _PLAIN, ("stopp",), unmistakable=True),
    KeywordSet("sv", _PLAIN, ("avregistrera", "avanmäl", "avanmälan", "avprenumerera"), unmistakable=True),
    KeywordSet("sv", _PLAIN, ("sluta", "stoppa", "avsluta", "avbryt")),
    KeywordSet("da", _PLAIN, ("afmeld", "frameld", "afmeld mig", "meld mig fra"), unmistakable=True),
    KeywordSet("da", _PLAIN, ("afslut", "annuller", "ophør")),
    KeywordSet("no", _PLAIN, ("avmeld", "meld meg av", "avslutt abonnement"), unmistakable=True),
    KeywordSet("no", _PLAIN, ("slutt", "avslutt")),
    KeywordSet("pl", _PLAIN, ("wypisz", "wypisz mnie", "rezygnuję"), unmistakable=True),
    KeywordSet("pl", _PLAIN, ("koniec", "anuluj", "rezygnacja", "usuń")),
    KeywordSet("fi", _PLAIN, ("lopeta", "peruuta tilaus"), unmistakable=True),
    KeywordSet("mul", _PLAIN, ("стоп", "отписаться", "отписка", "відписатися"), unmistakable=True),
)

# JOIN is none of them: joining is a collection point's own word, under which its own wording is shown.
OPT_IN = (
    KeywordSet("en", _TWILIO, ("start", "unstop")),
    KeywordSet("en", _CLEAR, ("subscribe", "opt in", "optin")),
    KeywordSet("en", _CLEAR, ("resubscribe", "resume", "restart", "start again", "opt me in", "opt me back in")),
    KeywordSet("fr", _CLEAR, ("démarrer", "commencer", "reprendre", "réabonner", "me réabonner", "abonner")),
    KeywordSet("de", _CLEAR, ("starten", "anmelden", "fortsetzen")),
    KeywordSet("es", "Textizen, Reserved Keywords", ("inicio",)),
    KeywordSet("es", _CLEAR, ("iniciar", "alta", "empezar", "comenzar", "reanudar", "suscribir", "suscribirme")),
    KeywordSet("pt", _CLEAR, ("começar", "retomar", "inscrever", "voltar a receber")),
    KeywordSet("it", _CLEAR, ("inizia", "avvia", "iscrivimi", "riprendi")),
    KeywordSet("nl", _CLEAR, ("aanmelden", "hervatten", "inschrijven")),
    KeywordSet("sv", _CLEAR, ("starta", "börja", "återuppta", "prenumerera")),
    KeywordSet("da", _CLEAR, ("tilmeld", "begynd")),
    KeywordSet("no", _CLEAR, ("begynn", "meld meg på")),
    KeywordSet("pl", _CLEAR, ("wznów", "zapisz mnie")),
    KeywordSet("fi", _CLEAR, ("aloita",)),
)

# GDPR Art. 4(11): unambiguous. So not "ok", "fine" or "sure"; nor "tak", which is Polish for yes and Danish for thanks.
CONFIRM = (
    KeywordSet("en", _TWILIO, ("yes",)),
    KeywordSet(
        "en", _CLEAR, ("y", "yeah", "yep", "yup", "agree", "agreed", "accept", "accepted", "confirm", "confirmed")
    ),
    KeywordSet(
        "en", _CLEAR, ("i agree", "i accept", "i confirm", "i consent", "yes i do", "yes i agree", "yes i accept")
    ),
    KeywordSet("en", _CLEAR, ("yes i confirm", "yes i consent", "yes confirm", "yes of course")),
    KeywordSet("mul", _CLEAR, ("ja", "si")),
    KeywordSet(
        "de", _CLEAR, ("j", "jawohl", "ja gerne", "ich stimme zu", "ja ich stimme zu", "ich bestätige", "bestätigen")
    ),
    KeywordSet(
        "fr", _CLEAR, ("oui", "j'accepte", "oui j'accepte", "je confirme", "oui je confirme", "je suis d'accord")
    ),
    KeywordSet("es", _CLEAR, ("acepto", "sí acepto", "confirmo", "sí confirmo", "estoy de acuerdo", "confirmar")),
    KeywordSet("pt", _CLEAR, ("sim", "aceito", "sim aceito", "concordo", "sim concordo", "sim confirmo")),
    KeywordSet("it", _CLEAR, ("accetto", "sì accetto", "confermo", "sì confermo", "acconsento")),
    KeywordSet("nl", _CLEAR, ("ja graag", "akkoord", "ja akkoord", "ik ga akkoord", "ik bevestig")),
    KeywordSet("sv", _CLEAR, ("jag godkänner", "ja jag godkänner", "jag samtycker", "bekräfta")),
    KeywordSet("da", _CLEAR, ("jeg accepterer", "jeg bekræfter", "bekræft")),
    KeywordSet("no", _CLEAR, ("jeg godtar", "jeg samtykker", "bekreft")),
    KeywordSet("pl", _CLEAR, ("zgadzam się", "tak zgadzam się", "potwierdzam")),
    KeywordSet("fi", _CLEAR, ("kyllä", "hyväksyn")),
    KeywordSet("mul", _CLEAR, ("да", "так згоден")),
)

HELP = (
    KeywordSet("en", _TWILIO, ("help", "info")),
    KeywordSet("en", _ASKED, ("help me", "information", "support", "more info")),
    KeywordSet("fr", _CANADA, ("aide",)),
    KeywordSet("fr", _ASKED, ("aidez-moi", "informations")),
    KeywordSet("de", _ASKED, ("hilfe",)),
    KeywordSet("es", "Textizen, Reserved Keywords", ("auxilio",)),
    KeywordSet("es", _ASKED, ("ayuda", "información")),
    KeywordSet("pt", _ASKED, ("ajuda", "informação")),
    KeywordSet("it", _ASKED, ("aiuto", "informazioni")),
    KeywordSet("nl", _ASKED, ("hulp", "informatie")),
    KeywordSet("sv", _ASKED, ("hjälp",)),
    KeywordSet("da", _ASKED, ("hjælp",)),
    KeywordSet("no", _ASKED, ("hjelp",)),
    KeywordSet("pl", _ASKED, ("pomoc",)),
    KeywordSet("fi", _ASKED, ("apua", "ohje")),
)

# What people say around a word without changing it; never a yes or a no, and no negation.
POLITENESS = (
    *("please", "pls", "plz", "pleas", "kindly", "thanks", "thank you", "thankyou", "thx", "ty", "cheers", "sorry"),
    *("ok", "okay", "k", "hi", "hello", "hey", "dear sir", "dear all", "sir", "now", "right now", "right away"),
    *("just", "already", "immediately", "asap", "at once", "today", "very much", "so much", "from now on", "guys"),
    *("bitte", "danke", "vielen dank", "sofort", "jetzt", "hallo", "endlich", "mfg", "lg"),
    *("s il vous plait", "s il te plait", "svp", "stp", "merci", "bonjour", "salut", "maintenant", "beaucoup"),
    *("por favor", "porfavor", "porfa", "gracias", "muchas gracias", "hola", "ya", "ahora"),
    *("obrigado", "obrigada", "ola", "agora", "per favore", "per piacere", "grazie", "ciao", "adesso", "subito"),
    *("alstublieft", "alsjeblieft", "aub", "graag", "dank u", "dank je", "bedankt", "nu"),
    *("tack", "takk", "tak", "vanligen", "snalla", "hej", "venligst", "vennligst", "prosze", "dziekuje", "kiitos"),
)
