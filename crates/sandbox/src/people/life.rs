//! A life is planned first (who, which diseases, which visits) and then lived: each event writes its resources.

use jiff::civil::Date;

use super::calendar::{day, months_between, plus_days, plus_years, years_between};
use super::catalogue::diseases::{Ailment, DISEASES, Disease};
use super::catalogue::illnesses::{ILLNESSES, Illness};
use super::chart::{Chart, mix};
use super::names::{self, Name, Sex};
use super::social_history::Smoking;
use super::vitals::Body;
use super::{Hospital, Person, ccda, patients, visits};

/// Of a thousand people, the children.
const CHILDREN: u32 = 110;
/// Of a thousand people, those with an allergy or intolerance.
const ALLERGIC: u32 = 450;
/// Years of record an adult has at least and at most.
const YEARS: (i64, i64) = (21, 27);
/// The last visit is at least this many days ago, so that even a hospital stay is over.
pub(super) const QUIET_DAYS: i64 = 6;

/// What is settled about a person before the first visit.
pub(super) struct Life {
    pub sex: Sex,
    pub birth: Date,
    /// The day of the first visit.
    pub begins: Date,
    pub courses: Vec<Course>,
    pub body: Body,
    pub smoking: Smoking,
    pub allergic: bool,
    /// Decides what stays the same from one laboratory result to the next.
    pub constitution: u64,
}

/// One person's history of one disease.
pub(super) struct Course {
    pub disease: &'static Disease,
    pub onset: Date,
}

/// What brings a person in.
#[derive(Clone, Copy)]
pub(super) enum Event {
    Wellness,
    FollowUp(usize),
    Illness(&'static Illness),
    Pregnancy { due: Date, visit: u8 },
    Delivery,
    Screening,
    KneeReplacement,
}

impl Life {
    fn draw(chart: &mut Chart<'_>, sex: Sex) -> Life {
        let age_in_days =
            if chart.chance(CHILDREN) { chart.days(2 * 366, 17 * 365) } else { chart.days(21 * 366, 86 * 365) };
        let birth = plus_days(chart.today, -age_in_days);
        let years = chart.days(YEARS.0, YEARS.1);
        let begins = plus_days(plus_years(chart.today, -years), chart.days(-80, 0)).max(plus_days(birth, 14));
        let body = Body::draw(chart, sex);
        let smoking = Smoking::draw(chart, birth);
        let allergic = chart.chance(ALLERGIC);
        let constitution = mix(chart.own, 1);
        let mut life = Life { sex, birth, begins, courses: Vec::new(), body, smoking, allergic, constitution };
        for disease in DISEASES {
            let ill = chart.chance(disease.prevalence);
            let onset = plus_days(birth, chart.days(disease.onset.0 * 365, disease.onset.1 * 365));
            if ill && onset < plus_days(chart.today, -120) {
                life.courses.push(Course { disease, onset });
            }
        }
        life
    }

    /// How many months a person has had a disease on a day; none before its onset.
    pub fn months_with(&self, ailment: Ailment, on: Date) -> Option<i64> {
        let course = self.courses.iter().find(|course| course.disease.ailment == ailment)?;
        (course.onset <= on).then(|| months_between(course.onset, on))
    }

    pub fn age_on(&self, on: Date) -> i64 {
        years_between(self.birth, on)
    }

    /// Every visit from the first to the last day, in order.
    fn plan(&self, chart: &mut Chart<'_>) -> Vec<(Date, Event)> {
        let last = plus_days(chart.today, -QUIET_DAYS);
        let mut events = Vec::new();
        let mut next = self.begins;
        while next <= last {
            events.push((next, Event::Wellness));
            let pause = if self.age_on(next) < 2 { chart.days(55, 70) } else { chart.days(340, 400) };
            next = plus_days(next, pause);
        }
        for (number, course) in self.courses.iter().enumerate().filter(|(_, course)| course.disease.follow_ups > 0) {
            let mut next = plus_days(course.onset.max(self.begins), chart.days(30, 120));
            while next <= last {
                events.push((next, Event::FollowUp(number)));
                next = plus_days(next, 365 / course.disease.follow_ups + chart.days(-20, 20));
            }
        }
        self.plan_illnesses(chart, last, &mut events);
        self.plan_pregnancies(chart, last, &mut events);
        let mut screening = plus_years(self.birth, 50).max(self.begins);
        while screening <= last && self.age_on(screening) < 76 {
            events.push((plus_days(screening, chart.days(0, 60)).min(last), Event::Screening));
            screening = plus_years(screening, 10);
        }
        let arthritis = self.courses.iter().find(|course| course.disease.ailment == Ailment::Osteoarthritis);
        if let Some(course) = arthritis
            && chart.chance(250)
        {
            let operated = plus_days(course.onset, chart.days(5 * 365, 11 * 365));
            if operated > self.begins && operated <= last {
                events.push((operated, Event::KneeReplacement));
            }
        }
        events.retain(|(on, _)| *on >= self.begins);
        events.sort_by_key(|(on, _)| *on);
        events
    }

    fn plan_illnesses(&self, chart: &mut Chart<'_>, last: Date, events: &mut Vec<(Date, Event)>) {
        let mut next = plus_days(self.begins, chart.days(30, 500));
        while next <= last {
            let age = self.age_on(next);
            let fitting: Vec<&'static Illness> =
                ILLNESSES.iter().filter(|illness| (illness.ages.0..=illness.ages.1).contains(&age)).collect();
            let mut draw =
                chart.days(0, fitting.iter().map(|illness| i64::from(illness.weight)).sum::<i64>().max(1) - 1);
            let drawn = fitting.into_iter().find(|illness| {
                draw -= i64::from(illness.weight);
                draw < 0
            });
            if let Some(illness) = drawn {
                events.push((next, Event::Illness(illness)));
            }
            next = plus_days(next, chart.days(150, 900));
        }
    }

    fn plan_pregnancies(&self, chart: &mut Chart<'_>, last: Date, events: &mut Vec<(Date, Event)>) {
        if self.sex == Sex::Male || chart.chance(350) {
            return;
        }
        let mut conceived = plus_days(self.birth, chart.days(22 * 365, 34 * 365));
        for _ in 0..chart.days(1, 2) {
            let due = plus_days(conceived, 266);
            if plus_days(conceived, 50) > self.begins && due <= last {
                for (visit, week) in [7, 14, 22, 30].into_iter().enumerate() {
                    events.push((plus_days(conceived, week * 7), Event::Pregnancy { due, visit: visit as u8 }));
                }
                events.push((plus_days(due, chart.days(-10, 0)), Event::Delivery));
            }
            conceived = plus_days(conceived, chart.days(700, 1500));
        }
    }
}

/// Generates the person at `index` of a population.
pub(super) fn write(seed: u64, index: usize, hospital: &Hospital<'_>, today: Date) -> Person {
    let mut chart = Chart::open(seed, index, hospital, today);
    let name = names::person(seed, index);
    let life = Life::draw(&mut chart, name.sex);
    begin(&mut chart, &name, &life);
    close(chart, &name, &life)
}

/// Plans a life and writes its visits down.
pub(super) fn begin(chart: &mut Chart<'_>, name: &Name, life: &Life) {
    patients::write(chart, name, life);
    let events = life.plan(chart);
    visits::write(chart, life, &events);
}

/// Sums the record up in one document and closes it.
pub(super) fn close(mut chart: Chart<'_>, name: &Name, life: &Life) -> Person {
    ccda::write(&mut chart, name, life);
    person(chart, name, life.birth)
}

pub(super) fn person(chart: Chart<'_>, name: &Name, birth: Date) -> Person {
    Person {
        id: chart.patient,
        given: name.given.to_owned(),
        family: name.family.to_owned(),
        birth_date: birth.to_string(),
        username: name.username.clone(),
        resources: chart.resources,
        binaries: chart.binaries,
    }
}

/// A life given by its facts instead of by chance.
pub(super) fn told(chart: &mut Chart<'_>, sex: Sex, birth: &str, begins: &str, ailments: &[(Ailment, &str)]) -> Life {
    let body = Body::draw(chart, sex);
    let courses =
        ailments.iter().map(|(ailment, onset)| Course { disease: ailment.disease(), onset: day(onset) }).collect();
    Life {
        sex,
        birth: day(birth),
        begins: day(begins),
        courses,
        body,
        smoking: Smoking::Former { quit: 2009 },
        allergic: true,
        constitution: mix(chart.own, 1),
    }
}
