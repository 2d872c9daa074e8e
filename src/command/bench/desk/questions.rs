//! What officers ask for: the pages of each role, and searches for holders who exist.

use std::collections::BTreeMap;

use anyhow::Context as _;
use policy::PolicySet;
use store::clock::{Clock as _, SystemClock};

use super::browser::{Browser, Question};
use crate::demo;

/// Positions of the officers among the browsers.
const ENTRY: usize = 0;
const REVIEW: usize = 1;
const PRODUCTION: usize = 2;
const AUDITOR: usize = 3;
const ADMINISTRATOR: usize = 4;
/// Holders, cases and certificates that questions are about.
const SAMPLE: u32 = 40;

/// A kind of question with the questions that take turns.
pub struct Asked {
    /// What people call it.
    pub name: String,
    /// Position of the officer who asks.
    pub officer: usize,
    questions: Vec<Question>,
}

impl Asked {
    /// The question of a turn.
    pub fn question(&self, turn: usize) -> Question {
        self.questions[turn % self.questions.len()].clone()
    }

    fn pages(name: &str, officer: usize, paths: impl IntoIterator<Item = String>) -> Self {
        Self {
            name: name.to_owned(),
            officer,
            questions: paths.into_iter().map(Question::page).collect(),
        }
    }

    fn search(name: &str, texts: impl IntoIterator<Item = String>) -> Self {
        let form = |text: String| Question::form("/cert", "text", &text);
        Self {
            name: format!("search: {name}"),
            officer: REVIEW,
            questions: texts.into_iter().map(form).collect(),
        }
    }
}

/// All of them.
pub struct Questions {
    asked: Vec<Asked>,
}

impl Questions {
    /// Looks for what questions can be about.
    pub async fn find(browsers: &mut [Browser], holders: u32) -> anyhow::Result<Self> {
        let review = browsers.get_mut(REVIEW).context("a reviewer")?;
        let listed = review.ask(Question::page("/dash/list?of=issued")).await?;
        let certificates = listed.links("/cert/");
        let listed = review.ask(Question::page("/case?state=issued")).await?;
        let cases = listed.links("/case/C-");
        anyhow::ensure!(
            !certificates.is_empty() && !cases.is_empty(),
            "nothing was issued"
        );
        let (mut people, mut units) = (Vec::new(), Vec::new());
        for case in cases.iter().take(10) {
            for (end, found) in [("holder", &mut people), ("unit", &mut units)] {
                let led = review.ask(Question::page(format!("{case}/{end}"))).await?;
                found.extend(led.header("location").map(str::to_owned));
            }
        }
        let overview = review.ask(Question::page("/dash")).await?;
        let mut lists = overview.links("/dash/list?");
        lists.retain(|list| !list.contains("&unit="));
        let of_units: Vec<String> = overview.links("/dash/list?of=good&unit=");
        let one = |path: &str| vec![path.to_owned()];
        let mut asked = vec![
            Asked::pages("workbench, entry", ENTRY, one("/desk")),
            Asked::pages("workbench, review", REVIEW, one("/desk")),
            Asked::pages("workbench, production", PRODUCTION, one("/desk")),
            Asked::pages("workbench, RA administrator", ADMINISTRATOR, one("/desk")),
            Asked::pages("a case begins", ENTRY, one("/draft/new")),
            Asked::pages("list of cases", REVIEW, one("/case")),
            Asked::pages("cases to review", REVIEW, one("/case?state=submitted")),
            Asked::pages("a case", REVIEW, cases),
            Asked::pages("production", PRODUCTION, one("/make")),
            Asked::pages("certificates, the latest", REVIEW, one("/cert")),
            Asked::pages("a certificate", REVIEW, certificates.clone()),
            Asked::pages("a holder", REVIEW, people),
            Asked::pages("a department", REVIEW, units),
            Asked::pages("overview", ADMINISTRATOR, one("/dash")),
            Asked::pages(
                "overview of a city",
                ADMINISTRATOR,
                one("/dash?city=370200"),
            ),
            Asked::pages("overview, departments", ADMINISTRATOR, one("/dash/units")),
            Asked::pages("overview, every list", ADMINISTRATOR, lists),
            Asked::pages("overview, lists of departments", ADMINISTRATOR, of_units),
            Asked::pages("officers", ADMINISTRATOR, one("/officer")),
            Asked::pages("audit: what was issued", AUDITOR, one("/audit/issued")),
            Asked::pages("audit: acts", AUDITOR, one("/audit/acts")),
        ];
        asked.extend(searches(holders, &certificates)?);
        asked.retain(|asked| !asked.questions.is_empty());
        Ok(Self { asked })
    }

    /// Each kind for itself.
    pub fn one_by_one(&self) -> impl Iterator<Item = &Asked> {
        self.asked.iter()
    }

    /// What the officer in that position asks next.
    pub fn turn(&self, officer: usize, number: usize, turn: usize) -> Question {
        let own: Vec<&Asked> = self
            .asked
            .iter()
            .filter(|asked| asked.officer == officer)
            .collect();
        own[(number + turn) % own.len()].question(number + turn)
    }
}

/// Searches for holders by what an officer has at hand.
fn searches(holders: u32, certificates: &[String]) -> anyhow::Result<Vec<Asked>> {
    let policy = PolicySet::embedded()?;
    let profile = policy
        .profile("staff-signing")
        .context("a profile for staff")?;
    let today = SystemClock.now();
    let mut texts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for at in 0..SAMPLE {
        let number = (u64::from(at) * u64::from(holders.max(1)) / u64::from(SAMPLE)) as u32;
        let fields: BTreeMap<String, String> = demo::holder_form(number, today)?;
        let form = profile
            .check_form(&fields, today)
            .map_err(|_| anyhow::anyhow!("holder {number} is not lawful"))?;
        for (kind, value) in form.search_terms() {
            // Of a department's name the terms have every pair of characters, too.
            if kind != "department" || value.chars().count() > 2 {
                texts.entry(kind).or_default().push(value);
            }
        }
        let unit = fields.get("department").cloned().unwrap_or_default();
        texts
            .entry("part of a department")
            .or_default()
            .push(unit.chars().skip(2).take(3).collect());
    }
    let serials = certificates
        .iter()
        .filter_map(|path| path.rsplit('/').next());
    texts.insert("serial", serials.map(str::to_owned).collect());
    texts.insert("nobody", vec!["查无此人".to_owned()]);
    Ok(texts
        .into_iter()
        .map(|(name, texts)| Asked::search(name, texts))
        .collect())
}
