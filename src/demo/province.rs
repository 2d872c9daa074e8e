//! The holders of a demonstration, by number: whoever has a number is the same in every demonstration.
//!
//! Cities and counties are those of 2010-12 (Ministry of Civil Affairs; `divisions.tsv`), the bodies of the province have
//! the names of that time. People are invented: surnames and given names are put together by number, identity numbers
//! use the unallocated areas 379910 to 379999, telephones the range 100….

use anyhow::Context as _;
use policy::scope::{CITIES, City};
use x509::crl::RevocationReason;
use x509::time::Time;

use super::{Fate, id_number};

/// Code and name of every city and county.
const DIVISIONS: &str = include_str!("divisions.tsv");

/// Bodies of the province: names behind 山东省.
const PROVINCIAL: [&str; 40] = [
    "人民政府办公厅",
    "发展和改革委员会",
    "经济和信息化委员会",
    "教育厅",
    "科学技术厅",
    "公安厅",
    "监察厅",
    "民政厅",
    "司法厅",
    "财政厅",
    "人力资源和社会保障厅",
    "国土资源厅",
    "环境保护厅",
    "住房和城乡建设厅",
    "交通运输厅",
    "水利厅",
    "农业厅",
    "海洋与渔业厅",
    "林业局",
    "商务厅",
    "文化厅",
    "卫生厅",
    "人口和计划生育委员会",
    "审计厅",
    "人民政府外事办公室",
    "人民政府国有资产监督管理委员会",
    "地方税务局",
    "国家税务局",
    "工商行政管理局",
    "质量技术监督局",
    "新闻出版局",
    "统计局",
    "安全生产监督管理局",
    "物价局",
    "知识产权局",
    "畜牧兽医局",
    "食品药品监督管理局",
    "高级人民法院",
    "人民检察院",
    "省直机关住房公积金管理中心",
];

/// Bodies of a city: names behind the city's.
const MUNICIPAL: [&str; 6] = [
    "人民政府办公室",
    "经济和信息化委员会",
    "财政局",
    "工商行政管理局",
    "人力资源和社会保障局",
    "行政审批中心",
];

const DIVISIONS_OF_A_BODY: [&str; 5] = ["办公室", "综合处", "信息中心", "业务一处", "业务二处"];

const SURNAMES: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文";
const FIRST: &str = "思明晓文志海雨春建立国庆永长清若子宇佳俊丽秀凤桂玉金世德广新";
const SECOND: &str = "远航宁涛琪琳峰洁岚蔚然彤博轩敏娟霞辉强军平华兰芳燕鹏飞杰超莉";

/// A holder and what becomes of the case.
pub(super) struct Holder {
    pub(super) form: Vec<(&'static str, String)>,
    /// The authority that issues.
    pub(super) authority: &'static str,
    pub(super) fate: Fate,
}

/// The holder of that number, below 2,000,000.
pub(super) fn holder(number: u32, today: Time) -> anyhow::Result<Holder> {
    let chance = spread(number);
    let (city, unit) = place(chance).context("a place for everybody")?;
    let of = |text: &'static str, at: u64| {
        let count = text.chars().count() as u64;
        text.chars().nth(usize::try_from(at % count).unwrap_or(0))
    };
    let name = [
        of(SURNAMES, chance >> 8),
        of(FIRST, chance >> 20),
        of(SECOND, chance >> 30),
    ];
    let name: String = name.into_iter().flatten().collect();
    let division = DIVISIONS_OF_A_BODY[(number % 5) as usize];
    let form = vec![
        ("name", name),
        ("id_number", id_number(&digits(number), today)?),
        ("department", unit),
        ("division", division.to_owned()),
        ("city", city.zh.to_owned()),
        ("employee_number", format!("P{:07}", 1_000_000 + number)),
        ("mobile", format!("100{:08}", 10_000_000 + number)),
        ("basis", format!("鲁信办〔2026〕{}号", 1 + number % 400)),
    ];
    Ok(Holder {
        form,
        authority: match city.code {
            "370200" | "370600" | "371000" | "370700" | "371100" => "qingdao",
            _ => "jinan",
        },
        fate: fate(chance >> 40),
    })
}

/// The same for the same number, and as good as random: SplitMix64.
fn spread(number: u32) -> u64 {
    let mut z = u64::from(number)
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// City and unit: a third for bodies of the province, half for those of cities, the rest for counties.
fn place(chance: u64) -> Option<(&'static City, String)> {
    let pick = |count: usize, at: u64| usize::try_from(at % count as u64).unwrap_or(0);
    match chance % 100 {
        0..37 => {
            let body = PROVINCIAL[pick(PROVINCIAL.len(), chance >> 7)];
            Some((&CITIES[0], format!("山东省{body}")))
        }
        37..83 => {
            // 济南 and 青岛 are larger, 莱芜 is smaller than the others.
            let city = match (chance >> 7) % 34 {
                0..6 => &CITIES[0],
                6..12 => &CITIES[1],
                12 => &CITIES[11],
                at => &CITIES[pick(CITIES.len(), at)],
            };
            let body = MUNICIPAL[pick(MUNICIPAL.len(), chance >> 13)];
            Some((city, format!("{}{body}", city.zh)))
        }
        _ => {
            let counties = || DIVISIONS.lines().filter(|line| !line.contains("00\t"));
            let line = counties().nth(pick(counties().count(), chance >> 7))?;
            let (code, name) = line.split_once('\t')?;
            let city = City::of_code(&format!("{}00", code.get(..4)?))?;
            // Districts of several cities have one name.
            Some((city, format!("{}{name}人民政府办公室", city.zh)))
        }
    }
}

/// Of a thousand: five in hand, fifteen frozen, forty revoked.
fn fate(chance: u64) -> Fate {
    match chance % 1_000 {
        0..2 => Fate::Submitted,
        2 => Fate::Returned,
        3..5 => Fate::Approved,
        5..20 => Fate::Held,
        20..24 => Fate::Revoked(RevocationReason::KeyCompromise),
        24..36 => Fate::Revoked(RevocationReason::AffiliationChanged),
        36..50 => Fate::Revoked(RevocationReason::CessationOfOperation),
        50..60 => Fate::Revoked(RevocationReason::Superseded),
        _ => Fate::Good,
    }
}

/// The first 17 digits of the identity number: an unallocated area, a birth date, a sequence; nobody shares them.
fn digits(number: u32) -> String {
    // Months have 28 days here: 50 years of them are enough.
    const BIRTHS: u32 = 45 * 12 * 28;
    let (born, round) = (number % BIRTHS, number / BIRTHS);
    let (year, month, day) = (1960 + born / 336, born % 336 / 28 + 1, born % 28 + 1);
    let (area, sequence) = (10 + round / 999, 1 + round % 999);
    format!("3799{area:02}{year:04}{month:02}{day:02}{sequence:03}")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use policy::PolicySet;

    use super::*;

    /// 2026-11-23.
    const TODAY: Time = Time(1_795_426_867);

    #[test]
    fn divisions_are_those_of_the_province() {
        let lines: Vec<_> = DIVISIONS.lines().collect();
        assert_eq!(lines.len(), 157);
        let counties = lines.iter().filter(|line| !line.contains("00\t"));
        assert_eq!(counties.count(), 140);
        for line in lines {
            let (code, name) = line.split_once('\t').unwrap();
            assert!(
                City::of_code(&format!("{}00", &code[..4])).is_some(),
                "{line}"
            );
            if let Some(city) = City::of_code(code) {
                assert_eq!(city.zh, name);
            }
        }
    }

    #[test]
    fn holders_are_lawful_and_nobody_is_somebody_else() {
        let policy = PolicySet::embedded().unwrap();
        let profile = policy.profile("staff-signing").unwrap();
        let mut identities = BTreeSet::new();
        let mut cities: BTreeMap<String, u32> = BTreeMap::new();
        let mut units = BTreeSet::new();
        for number in (0..3_000).chain(699_000..700_000).chain([1_999_999]) {
            let holder = holder(number, TODAY).unwrap();
            let fields = holder
                .form
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone()));
            let fields: BTreeMap<_, _> = fields.collect();
            assert!(identities.insert(fields["id_number"].clone()), "{number}");
            let form = profile.check_form(&fields, TODAY);
            assert!(form.is_ok(), "{number} {fields:?}");
            *cities.entry(fields["city"].clone()).or_default() += 1;
            units.insert(fields["department"].clone());
        }
        assert_eq!(cities.len(), 17);
        assert!(
            cities["济南市"] > cities["青岛市"] && cities["青岛市"] > cities["莱芜市"],
            "{cities:?}"
        );
        assert_eq!(units.len(), 40 + 17 * 6 + 140);
    }

    #[test]
    fn identity_numbers_do_not_repeat_within_the_largest_demonstration() {
        // Number, round and birth are one to one as long as the areas do not run out.
        let last = digits(1_999_999);
        assert!(last.starts_with("379910"), "{last}");
        assert_ne!(digits(0), digits(45 * 12 * 28));
    }

    #[test]
    fn most_are_good_and_every_fate_occurs() {
        let fates = |is: fn(&Fate) -> bool| (0..1_000).filter(|n| is(&fate(*n))).count();
        assert_eq!(fates(|fate| matches!(fate, Fate::Good)), 940);
        assert_eq!(fates(|fate| matches!(fate, Fate::Held)), 15);
        assert_eq!(fates(|fate| matches!(fate, Fate::Revoked(_))), 40);
        assert_eq!(
            fates(|fate| matches!(fate, Fate::Submitted | Fate::Returned | Fate::Approved)),
            5
        );
    }
}
