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
not-yet = Cannot be connected yet
doors = Choose where you sign in

unlisted = My provider is not listed
unlisted-title = My provider is not listed
unlisted-query = You searched for “{ $query }”.
unlisted-try = Providers are often listed under another name. Three things to try:
unlisted-portal = The name of the portal where you read your results, such as MyChart.
unlisted-address = The address of its sign-in page, such as mychart.example.org.
unlisted-group = The hospital or group your doctor belongs to.
unlisted-otherwise = A provider that is still missing cannot be connected today. { $app } can go on with the others.

files = I have a file
files-title = Add a file you have
files-text = A record you downloaded, or papers your provider gave you. { $app } gets what is in them.
files-label = Your files
files-hint = XML, ZIP, JSON, PDF or pictures, up to { $size } MB together.
files-add = Add
files-where = Where do I find such a file?
files-where-portal = Sign in to your provider’s portal and look for “Download”, “Export” or “Share my record”.
files-where-download = Choose the whole record. XML or ZIP tells most; a PDF is kept as it is.
files-where-choose = Come back here and choose the file. You can remove it again like any provider.
files-sending = Sending
files-reading = Reading what is in it
files-refused = Nothing was added
files-refused-named = “{ $file }” was not added
files-nothing = Choose at least one file.
files-too-large = All files together may have { $size } MB. Add them in smaller groups, or download a shorter time from the portal.
files-not-health = This is not a health record file we can read. Download the record from your portal as XML, ZIP, JSON or PDF, and choose that file.
files-web-page = This is a saved web page. Use the portal’s own “Download” or “Export”, which gives a file of the record itself.
files-empty = The file is empty. Download it again, and choose the new one.
files-broken = The file ends too early or is damaged. Download it again, and choose the new one.
files-locked = The file is packed in a way we cannot open, perhaps with a password. Unpack it on your device, and choose what is inside.
files-unsafe = The file is built in a way that record files are not, so we did not open it. Download the record again from your portal.
files-expands = What is inside is too large to open here. Download a shorter time from the portal.
files-nobody = There is nothing about a person in this file. Download your record from your portal, and choose that file.
files-other-person = The names and birth dates in these files do not belong to one person. Add only your own.
files-interrupted = The file did not arrive whole. Check your connection, and send it again.
files-busy = Many people are sending files just now. Try again in a minute.
files-failed = Something went wrong on our side. Nothing was added; try again in a minute.

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

report-skip = Skip to the record
report-unity = Health record
report-unity-about = The whole record as its sources gave it.
report-healthcheck = Health summary
report-healthcheck-about = Where this person stands today, as their sources recorded it.
report-highlights = Highlights
report-highlights-about = What matters first in this record.
report-timeline = Timeline
report-nobody = The record does not say whose it is
report-born = Born { $date }
report-generated = Made
report-sources = Sources
report-sources-none = No provider is connected, and nothing is kept from an earlier one.
report-source-read = Read on { $when }
report-source-stale = Last read on { $when }; it cannot be read just now
report-source-never = Connected, but it could not be read yet
report-source-reading = Being read for the first time
report-source-gone = Disconnected; this record stayed
report-caution = This document shows what the sources sent. What they did not send is missing here. It is no medical advice.
report-contents = In this document
report-untitled = Note
report-more = { $count ->
    [one] One more entry has no room here. It is in the record itself.
   *[other] { $count } more entries have no room here. They are in the record itself.
  }
report-page = Page { $page } of { $pages }
report-spelled = Some words are in a script this file cannot draw. They are spelled in Latin letters; the web version has them as written.
report-day = { $count } { $month } { $year }
report-instant = { $day }, { $time } UTC
report-month-1 = Jan
report-month-2 = Feb
report-month-3 = Mar
report-month-4 = Apr
report-month-5 = May
report-month-6 = Jun
report-month-7 = Jul
report-month-8 = Aug
report-month-9 = Sep
report-month-10 = Oct
report-month-11 = Nov
report-month-12 = Dec
report-demographics = Personal details
report-problems = Problems
report-problems-current = Current problems
report-allergies = Allergies
report-medications = Medicines
report-medications-current = Current medicines
report-immunizations = Immunizations
report-results = Test results
report-results-key = Key test results, newest of each
report-results-abnormal = Unusual test results, newest of each
report-vitals = Vital signs
report-vitals-latest = Vital signs, newest of each
report-procedures = Procedures
report-encounters = Visits
report-plans = Plans of care
report-plans-upcoming = Coming up
report-social = Social history
report-functional = Functional status
report-instructions = Instructions
report-narratives = Notes
report-documents = Documents
report-none = The sources sent nothing of this kind.
report-none-demographics = The sources sent no personal details.
report-none-problems = The sources sent no such problem. That does not mean there is none.
report-none-allergies = The sources sent no allergy. That does not mean there is none.
report-none-medications = The sources sent no such medicine. That does not mean none is taken.
report-none-abnormal = The newest result of each test is not marked as unusual, or there are no results.
report-none-upcoming = The sources sent no plan with a date ahead.
report-column-name = Name
report-column-problem = Problem
report-column-substance = Substance
report-column-medicine = Medicine
report-column-vaccine = Vaccine
report-column-test = Test
report-column-measure = Measure
report-column-visit = Visit
report-column-born = Born
report-column-gender = Gender
report-column-language = Language
report-column-marital = Marital status
report-column-race = Race
report-column-ethnicity = Ethnicity
report-column-address = Address
report-column-reactions = Reactions
report-column-severity = Severity
report-column-status = Status
report-column-since = Since
report-column-until = Until
report-column-directions = Directions
report-column-prescriber = Prescriber
report-column-date = Date
report-column-result = Result
report-column-unit = Unit
report-column-range = Usual range
report-column-flag = Mark
report-column-panel = Panel
report-column-provider = Provider
report-column-department = Department
report-column-reasons = Reasons
report-column-diagnoses = Diagnoses
report-column-kind = Kind
report-column-question = About
report-column-answer = Answer
report-column-author = Author
report-column-text = Text
report-column-recorded = Recorded by
report-flag-high = High
report-flag-low = Low
report-flag-abnormal = Abnormal
report-flag-above = Above range
report-flag-below = Below range
