"""Texts as people send them, by what they ask for. Beyond the obvious ones each row is a mistake that is easily made."""

OPT_OUT = (
    # 47 CFR 64.1200(a)(10), the words that always revoke; CTIA 5.1.3: whatever the case and punctuation
    *("stop", "STOP", "Stop", "sToP", "quit", "QUIT", "end", "End.", "revoke", "opt out", "Opt-out", "OPT OUT!"),
    *("cancel", "unsubscribe", "Unsubscribe.", "please opt me out"),
    # Twilio, AWS
    *("STOPALL", "stop all", "OPTOUT", "Remove", "TD"),
    # spelling, signs, invisible characters
    *("S.T.O.P", "STOP!!!", "*stop*", "s t o p", "S-T-O-P", "  stop\n", "ＳＴＯＰ", "ｓｔｏｐ！", "st\u200bop", "\ufeffSTOP\u200e"),
    *("st\u00adop", '"STOP"', "“Stop”", "‘stop’", "(stop)", "STOP 🛑", "🛑STOP🛑", "stop 😡😡", "stoooop", "STOPPPP", "𝐒𝐓𝐎𝐏"),
    *("s\u0301top", "un subscribe", "unsubcribe", "sotp", "stop\x00", "\tSTOP\t", "...stop", "Ⓢⓣⓞⓟ"),
    # politeness
    *("Stop please", "pls stop", "STOP thanks", "ok stop", "stop now", "Please STOP now, thank you!", "Hi, stop", "just stop"),
    *("cancel please", "please unsubscribe", "Thanks. Stop.", "end now", "stop it", "stop this", "STOP STOP STOP", "stop, unsubscribe"),
    *("STOP\nSent from my iPhone", "stop 36180", "No, stop!", "stop already", "Yes. STOP"),
    # English sentences
    *("please stop texting me", "Stop texting", "stop sending me these", "stop sending me texts", "Stop messaging me!!"),
    *("stop spamming me", "stop all messages", "stop these alerts", "STOP CALLING ME", "stop contacting this number"),
    *("stop bothering me", "Can you please stop?", "could you stop texting me", "I said STOP", "I told you to stop"),
    *("I've asked you to stop three times", "make it stop", "I want these messages to stop", "quit texting me", "please just stop"),
    *("take me off your list", "Take me off this list please", "please remove me from your list", "remove my number"),
    *("Remove this number from your system", "delete my number", "delete my data", "Please delete my information", "get me off this list"),
    *("lose my number", "Lose this number.", "forget my number", "do not text me again", "do not call me again", "do not contact me again"),
    *("Don't text me", "don’t message me anymore", "dont ever call me again", "never contact me again", "DO NOT CONTACT", "don't call"),
    *("no more texts", "No more messages please", "no more of these texts", "no texts please", "no more", "No spam please"),
    *("I want to opt out", "I'd like to unsubscribe", "please opt out", "unsubscribe me", "opt me out", "Unsubscribe from all"),
    *("I no longer wish to receive these messages", "I don't want to receive texts from you", "I dont want your texts"),
    *("I do not wish to be contacted", "I don't want to hear from you", "I no longer want to get these alerts"),
    *("i don't want any more messages", "leave me alone", "Leave me the hell alone!", "wrong number, stop", "Wrong number please stop"),
    *("wrong number. take me off your list", "I withdraw my consent", "I hereby revoke consent", "I revoke my permission to be texted"),
    *("put me on your do not call list", "cancel these texts", "end messages", "I object to direct marketing", "cease and desist"),
    *("I moved to Ohio last year, please remove me", "Thanks for everything but please stop texting me", "Who is this? Stop texting me"),
    *("Stop texting me or I will report you", "If you text me again I am calling the cops. STOP", "I want to be removed from this list"),
    *("I can't stop these messages", "you won't stop texting me", "it never stops, make it end, stop", "don't stop... no, STOP"),
    # German
    *("STOPP", "abmelden", "Bitte abmelden", "Abmeldung", "kündigen", "kuendigen bitte", "Bitte STOP", "Widerruf", "bitte keine SMS mehr"),
    *("hört auf mir zu schreiben", "Hören Sie bitte auf", "hoert auf", "Keine Werbung mehr", "Schreiben Sie mir nicht mehr"),
    *("Rufen Sie mich nicht mehr an", "kontaktiert mich nie wieder", "Lasst mich in Ruhe", "Löschen Sie meine Nummer"),
    *("Bitte meine Daten löschen", "Ich möchte mich abmelden", "Ich widerrufe meine Einwilligung", "meldet mich ab", "Stop bitte"),
    *("Ich will keine Nachrichten mehr bekommen", "Bitte nicht mehr anrufen", "Nehmen Sie mich aus der Liste"),
    # French
    *("ARRET", "arrêt", "Arrêt SVP", "ARRÊTEZ", "arretez", "désabonner", "Désinscription", "STOP PUB", "ne m'appelez plus"),
    *("arrêtez de m'envoyer des sms", "Arrêtez vos messages", "ne me contactez plus", "merci de ne plus me contacter", "Ne m’écrivez plus"),
    *("je ne veux plus recevoir vos messages", "Retirez-moi de votre liste", "supprimez mon numéro", "laissez-moi tranquille"),
    *("plus de SMS svp", "je retire mon consentement", "désabonnez-moi", "Je souhaite me désabonner", "STOP au 36180"),
    # Spanish
    *("ALTO", "alto por favor", "BAJA", "¡Baja!", "darme de baja", "Dénme de baja", "cancelar", "no me llamen más", "dejen de escribirme"),
    *("quítame de la lista", "No me escriban más", "no quiero recibir mensajes", "ya no quiero más mensajes", "no más mensajes"),
    *("borren mi número", "déjenme en paz", "Quiero darme de baja", "no me envíen más mensajes", "paren de llamarme", "retiro mi consentimiento"),
    # Portuguese, Italian, Dutch
    *("SAIR", "parar", "Parem", "não me liguem mais", "não quero mais receber mensagens", "parem de me mandar mensagens", "me deixem em paz"),
    *("FERMA", "Disiscrivimi", "non chiamatemi più", "non voglio più ricevere sms", "smettete di scrivermi", "basta messaggi", "toglietemi dalla lista"),
    *("AFMELDEN", "uitschrijven", "stoppen", "geen sms meer", "Bel mij niet meer", "stop met bellen", "laat me met rust", "Verwijder mijn nummer"),
    # Swedish, Danish, Norwegian, Polish, Finnish, Russian, Chinese
    *("avregistrera", "sluta", "sluta skicka sms", "ring mig inte igen", "inga fler sms", "ta bort mig", "afmeld", "stop med at ringe til mig"),
    *("slet mit nummer", "avmeld", "ikke flere takk, stopp", "slutt å sende meldinger", "wypisz", "nie dzwońcie do mnie", "proszę usunąć, wypisz mnie"),
    *("lopeta", "СТОП", "退订", "停止。"),
)

NEEDS_REVIEW = (
    *("I think I want this to stop maybe", "cancel my appointment and stop", "why do you keep texting", "why are you texting me"),
    *("who is this? how did you get my number", "Where did you get my number", "who gave you my number?", "STOP the presses"),
    *("this is harassment", "I will report you", "I'm reporting this number", "f off", "F*** off", "fuck off", "go away", "fuck you"),
    *("is there an opt out?", "how do I unsubscribe?", "How can I stop these texts?", "should I reply stop?", "YES STOP", "HELP STOP", "start stop?"),
    *("wrong number", "You have the wrong number", "not interested", "I'm no longer interested", "I never signed up for this", "I didn't subscribe"),
    *("I don't want this", "too many texts", "enough", "spam", "This is a scam", "unsolicited", "haha stop", "stop lol you're killing me", "omg stop it you"),
    *("Reply STOP to end", "stop Acme", "cancel it", "end this", "I quit", "cancel acme", "cancel my subscription", "I'm blocking you"),
    *("don't call me before 5", "don't text me at work", "don't call, text me instead", "stop texting me so late", "stop texting me until Monday"),
    *("if you don't stop texting me I'll sue", "you don't stop", "why don't you stop"),
    *("don't... stop", "do not\ntext me", "you never call me", "This has to stop", "You have to stop"),
    *("you need to stop", "we need to stop these texts", "I already unsubscribed", "My order is 123, cancel.", "End\nJohn", "🛑", "🚫", "yes 🚫", "🖕"),
    # other languages
    *("Woher haben Sie meine Nummer?", "kein Interesse", "Falsche Nummer", "Das nervt", "keine Werbung", "vielleicht abmelden", "Wie kann ich mich abmelden?"),
    *("comment avez-vous eu mon numéro", "pas intéressé", "c'est du harcèlement", "mauvais numéro", "comment se désabonner", "je veux plus de SMS"),
    *("¿cómo consiguieron mi número?", "número equivocado", "no me interesa", "esto es acoso"),
    *("não tenho interesse", "non mi interessa", "geen interesse", "verkeerd nummer", "inte intresserad"),
)

OTHER = (
    # "stop" that speaks of something else
    *("we have to stop this bill", "We must stop this law now", "Let's stop the pipeline", "help us stop the war", "don't stop", "Don't STOP!"),
    *("please don't stop texting me", "do not stop", "dont stop the updates", "never stop", "non stop", "nonstop", "non-stop fun"),
    *("I'll stop by the shop at 5", "Can you stop by later?", "bus stop", "I'm at the bus stop", "the next stop is mine", "my stop is next"),
    *("can't stop smiling", "I can't stop laughing", "stop being so nice, love it", "Stop worrying, it is fine", "it stopped raining", "one-stop shop"),
    *("Don't want you to stop", "I don't want to opt out", "please do not unsubscribe me", "don't remove me", "I never want to unsubscribe"),
    *("don't take me off your list", "don't cancel", "do not end", "without stop", "the stop sign on Main Street", "we will not stop", "I won't stop"),
    # weak words in other company
    *("when does the sale end?", "can I cancel my order?", "the weekend", "end of the month", "I cancelled my appointment", "cancel my order"),
    *("see you at the end of next week then", "I need to cancel my dentist appointment on Friday", "he quit smoking", "week end", "the end of the world"),
    *("Can I remove the onions from my order", "I had to quit my job last week because of my back", "good trend", "backend", "Spending a lot", "endless love"),
    # chat
    *("hello", "Hi there!", "thanks", "thank you so much", "ok", "OK?", "OK thanks", "sure", "fine", "no", "no thanks", "maybe", "later", "k", "o", "?"),
    *("", " ", "...", "👍", "😀", "123456", "call me", "Please call me tomorrow", "text me when you are ready", "I am on my way", "call me back please"),
    *("don't worry", "don't forget to call me", "don't text and drive", "I don't have your number", "What time do you open?", "Is this number new?"),
    *("my number is below", "Got your message", "I didn't get your text yesterday", "Who is this?", "new phone, who dis", "love your messages"),
    *("start the car", "I will start on Monday", "help is on the way", "can you help my mother", "I need some info about opening hours"),
    # neither a clear yes, nor a clear start
    *("yes?", "Yes?!", "yes but not now", "not yes", "no yes", "yes and no", "maybe yes", "I do not agree", "i don't accept", "yesterday", "yes I can come at 5"),
    *("don't start", "join", "JOIN US", "do not subscribe", "tak"),
    # other languages
    *("Ich habe keine Nachricht bekommen", "hört nicht auf", "nicht aufhören", "Wir sehen uns am Ende der Woche", "Danke", "Ich melde mich morgen"),
    *("arrêt de bus", "N'arrêtez pas", "sans arrêt", "fin de semaine", "merci", "à bientôt", "prochain arrêt", "no pares", "no dejes de escribirme"),
    *("fin de semana", "sin parar", "gracias", "es muy alto el precio de la casa", "não pare", "Fine", "niet stoppen", "sluta inte", "ikke stop", "nej tack"),
)

OPT_IN = (
    *("START", "start", "Start!", "UNSTOP", "unstop please", "subscribe", "SUBSCRIBE", "opt in", "Opt-In", "optin", "start again please"),
    *("please start", "Resume", "ＳＴＡＲＴ", "s t a r t", "ok start", "restart", "opt me back in", "resubscribe", "st\u200bart"),
    *("starten", "Anmelden", "démarrer", "DEMARRER svp", "reprendre", "INICIO", "alta", "Alta por favor", "reanudar", "começar", "inizia"),
    *("iscrivimi", "aanmelden", "starta", "börja", "tilmeld", "begynn", "wznów", "aloita"),
)

CONFIRM = (
    *("YES", "yes", "Yes!", "Y", "y", "yes please", "YES PLEASE", "yes, I agree", "Yes I consent", "I agree", "I accept", "i confirm"),
    *("confirm", "Yeah", "yep", "yes yes", "yes thanks", "ok yes", "ＹＥＳ", "y e s", "yes 👍", '"YES"', "yesss", "*yes*", "Yes.", "y\u200bes"),
    *("ja", "Ja!", "ja bitte", "Ja, gerne", "J", "Ja, ich stimme zu", "oui", "Oui merci", "oui j'accepte", "J’accepte", "si", "sí", "Sí, por favor"),
    *("SÍ ACEPTO", "acepto", "sim", "Sim, aceito", "concordo", "sì", "accetto", "ja graag", "akkoord", "ja tack", "kyllä", "zgadzam się", "да"),
)

HELP = (
    *("HELP", "help", "Help!", "help?", "HELP please", "please help", "help me", "INFO", "info?", "ＨＥＬＰ", "h e l p", "more info", "h\u200belp"),
    *("AIDE", "aide svp", "aidez-moi", "Hilfe", "hilfe bitte", "AYUDA", "¡Ayuda!", "ayuda por favor", "información", "auxilio", "ajuda", "aiuto"),
    *("hulp", "hjälp", "hjælp", "hjelp", "pomoc", "apua"),
)
