# Sentences of the widget. Short, present tense, second person; the actor has a name.
# Numbers choose their own form; values may stand anywhere in a sentence.

ours = with Tributary
ours-alone = Tributary
back = Back
close = Close
done = Done
continue = Continue
go-on = Go on
try-again = Try again
the-provider = the provider
the-app = the app
reference = Reference
offline = You are offline. Reading goes on without you; this page catches up when you are back.

welcome-title = { $app } asks for your health records
welcome-shared = What is shared
welcome-shared-text = Records from the providers you choose: visits, medications, lab results, notes.
welcome-private = What never is
welcome-private-text = Your password, and anything you leave unticked at your provider.
welcome-stop = How to stop
welcome-stop-text = Open this from { $app } again and disconnect a provider at any time.
welcome-go = Choose a provider

how = How this works
how-choose = You pick a hospital, clinic or laboratory where you have an online account.
how-sign-in = You sign in on their own page. Your password goes to them and to nobody else.
how-read = They ask what you want to share. We read it and hand it to { $app }. You can disconnect at any time.

search-title = Where do you get care?
search-label = Name, city or portal address
search-hint = For example “Riverbend”, “Boston” or “mychart.example.org”.
search-go = Search
search-again = Search again
search-earlier = Your providers
search-pinned = Suggested by { $app }
search-kinds = Kinds of provider
search-found = { $count ->
    [0] Nothing matches “{ $query }”.
    [one] 1 provider matches “{ $query }”.
   *[other] { $count } providers match “{ $query }”.
}
search-slow = This takes longer than usual.
search-stuck = The search does not answer. What you typed is kept.
kind-hospital = Hospital
kind-hospital-query = hospital
kind-clinic = Clinic
kind-clinic-query = clinic
kind-children = Children
kind-children-query = children
kind-laboratory = Laboratory
kind-laboratory-query = laboratory
kind-pharmacy = Pharmacy
kind-pharmacy-query = pharmacy
place = { $city }, { $state }
place-and-more = { $count ->
    [one] { $city }, { $state }, and 1 more place
   *[other] { $city }, { $state }, and { $count } more places
}
matched = matched: { $text }
doors = Choose where you sign in

unlisted = My provider is not listed
unlisted-title = My provider is not listed
unlisted-query = You searched for “{ $query }”.
unlisted-try = Providers are often listed under another name. Three things to try:
unlisted-portal = The name of the portal where you read your results, such as MyChart.
unlisted-address = The address of its sign-in page, such as mychart.example.org.
unlisted-group = The hospital or group your doctor belongs to.
unlisted-otherwise = A provider that is still missing cannot be connected today. { $app } can go on with the others.

signin-title = Sign in at { $provider }
signin-theirs = The next page belongs to { $provider }; we never see your password.
signin-address = Their address
signin-asks = What we ask for
signin-asks-text = To read your record there for { $app }. You tick what to share.
signin-open = Open the sign-in page
signin-open-again = Open it again
signin-here = Continue in this window
signin-waiting = Waiting for you to finish at { $provider }. This page moves on by itself.
other-provider = Choose another provider
leaving-title = Share your records with { $app }?
leaving-text = You are about to share your records with { $app }: the next page belongs to { $provider }, and once you sign in there, { $app } can read what you tick.
leaving-sent = Go on only if you began this yourself. If somebody sent you this link, close this window.
leaving-go = Go on to { $provider }

closing-title = You are signed in
closing-text = You can close this window. The page you came from goes on by itself.
closing-trouble-title = You can close this window
closing-trouble-text = The sign-in did not end in a connection. The page you came from says what happened.
unmatched-title = This sign-in cannot be matched
unmatched-text = It was finished before, took too long, or began in another browser. Nothing was read and nothing was changed.
unwanted-title = This sign-in came too late
unwanted-text = What you began was closed in the meantime, so nothing was read and what you agreed to was given back.
unmatched-do = Close this window, go back to the app you came from, and choose your provider again.

progress-title = Reading your records at { $provider }
progress-title-done = Your records from { $provider } are here
progress-title-failed = { $provider } could not be read to the end
progress-waiting = { $provider } is connected. Reading starts in a moment.
progress-leave = You can close this; it goes on without you.
progress-done = { $count ->
    [0] Nothing is on record there yet.
    [one] 1 record was read.
   *[other] { $count } records were read.
}
progress-refused = { $count ->
    [one] { $provider } does not share 1 kind of record. The others were read.
   *[other] { $provider } does not share { $count } kinds of record. The others were read.
}
progress-unanswered = { $count ->
    [one] { $provider } did not answer for 1 kind of record. We ask again by ourselves; you can go on.
   *[other] { $provider } did not answer for { $count } kinds of record. We ask again by ourselves; you can go on.
}
progress-again = We read what { $provider } has to give for now, and ask for the rest later by ourselves. You can go on.
progress-failed = We keep what { $provider } sent so far. Sign in there again to read the rest.
stream-count = { $count }
stream-waiting = waiting
stream-refused = not shared
stream-failed = no answer
record-patient = Your details
record-conditions = Conditions
record-allergies = Allergies
record-medications = Medications
record-immunizations = Immunizations
record-labs = Lab results
record-vitals = Vital signs
record-observations = Other measurements
record-reports = Reports
record-encounters = Visits
record-procedures = Procedures
record-documents = Notes
record-plans = Care plans
record-coverage = Insurance
record-devices = Devices
record-other = Other records

connected-title = Your providers
connected-title-none = No provider is connected
connected-none = { $app } reads nothing about you.
connected-add = Add another provider
reconnect = Sign in again
reconnect-named = Sign in again at { $provider }
disconnect = Disconnect
disconnect-named = Disconnect { $provider }
disconnect-title = Disconnect { $provider }?
disconnect-consequence = { $app } gets nothing new from { $provider }; what it has received so far stays with { $app }.
disconnect-keep = Keep it connected
fresh-reading = Being read now
fresh-now = Read just now
fresh-minutes = { $count ->
    [one] Read 1 minute ago
   *[other] Read { $count } minutes ago
}
fresh-hours = { $count ->
    [one] Read 1 hour ago
   *[other] Read { $count } hours ago
}
fresh-days = { $count ->
    [one] Read 1 day ago
   *[other] Read { $count } days ago
}
fresh-needs-login = Waits for you to sign in again
fresh-failed = The last reading broke off; sign in again to read it anew

select-title = Choosing without signing in is not available here
select-text = Nothing was chosen and nothing is shared. { $app } goes on without it.
ended-title = You can close this window
ended-text = { $app } goes on from here.
ended-back = Go back to { $app }
back-to-app = Back to { $app }

trouble-denied = { $provider } shared nothing
trouble-denied-text = You left their page without sharing, so nothing was read.
trouble-nothing = { $provider } shared no records
trouble-nothing-text = Either no kind of record was ticked, or { $provider } does not offer what is asked for.
trouble-silent = { $provider } did not answer
trouble-silent-text = Their server is busy or down. Nothing is lost on your side.
trouble-late = The sign-in took too long
trouble-late-text = { $provider } lets a sign-in stand for a few minutes only. A new one starts fresh.
trouble-interrupted = The sign-in was cut off
trouble-interrupted-text = You signed in at { $provider }, but our side stopped before it was done. Nothing was read.
trouble-unsure = The answer may not be from { $provider }
trouble-unsure-text = It did not pass our security check, so we did not use it. Nothing was read.
trouble-unregistered = We cannot read from { $provider } yet
trouble-unregistered-text = This service is not registered there, so your records cannot be read from { $provider } today.
trouble-nobody = { $provider } did not say whose record it is
trouble-nobody-text = The account may hold no health record, or several of which one has to be picked.
trouble-signed-out = { $provider } wants you to sign in first
trouble-signed-out-text = Their page ended before you were signed in. Nothing was read.
trouble-unreadable = { $provider } answered in a way we cannot read
trouble-unreadable-text = Their server did not follow the rules for sharing records. Nothing was read.
trouble-general = { $provider } could not be connected
trouble-general-text = The sign-in at { $provider } ended without a connection. Nothing was read.
mended-by-person = You can fix this: try again and agree to what you want to share with { $app }; { $provider } asks once more.
mended-by-provider = { $provider } has to fix this. Another try in a few minutes often works; { $app } keeps your place.
mended-by-integrator = { $app } has to fix this. Tell them the reference below, with the name { $provider }.
mended-by-operator = The people who run this service for { $app } have to fix this. The reference below tells them about { $provider }.
mended-by-us = We can fix this with another try at { $provider }; { $app } keeps your place.

opening-title = Opening
opening-text = Waiting for the app to hand over.
opening-noscript = This page needs scripts to open in this way. Allow them and open it again.
expired-title = Your time here ran out
expired-text = For your safety this page stays open for a limited time. Go back to { $app } and start again; what is connected stays connected.
invalid-title = This link does not work any more
invalid-text = It was used up, replaced, or not copied in full. Go back to { $app } and start again.
missing-title = Something is missing in this link
missing-text = { $app } opened this page without saying who you are. Go back and start again.
unreadable-title = We cannot read what was sent
unreadable-text = The address or the form was changed or cut off on its way. Go back to where you came from and try again.
disabled-title = This app is switched off
disabled-text = The people who run this service switched it off. Your records are not read meanwhile.
callback-title = This link leads back to an unknown address
callback-text = The app did not register the address it wants to return to. Its makers have to fix this.
unknown-source-title = This provider is not listed any more
unknown-source-text = The list of providers changed. Search for it again.
unknown-connection-title = This provider is not connected
unknown-connection-text = It was disconnected before, perhaps in another window.
limited-title = That was a lot at once
limited-text = Wait a minute, then go on. Your place is kept.
failed-title = Our server could not do that
failed-text = This is our fault, not yours. Your place is kept; try again in a moment.
