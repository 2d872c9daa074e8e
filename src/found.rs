//! First start: the hierarchy, its officers and, for a demonstration, its invented people.
//!
//! Everything is made in a directory beside the data directory and moved into place in one step, so a first
//! start that was cut short leaves nothing half made. With PostgreSQL the database must be emptied by hand then.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use authority::{Authority, AuthorityPlan, Founding as Plan, KeyPlan, OfficerPlan};
use const_oid::ObjectIdentifier;
use keys::officer_file::OfficerKey;
use policy::Role;
use sm_engine::key::Algorithm;

use crate::cli::Founding;
use crate::config::{Compat, Config};
use crate::data::{DataDirectory, write_private};
use crate::demo;
use crate::progress::Progress;
use crate::serve::{Bases, setup};

/// Officers of a first start: file name, role, and the name in a demonstration.
pub const OFFICERS: [(&str, Role, &str); 6] = [
    ("entry", Role::Entry, "王晓岚"),
    ("review", Role::Review, "刘承远"),
    ("production", Role::Production, "赵敏之"),
    ("auditor", Role::Auditor, "林静"),
    ("ra-administrator", Role::RaAdministrator, "孙立群"),
    // Whoever froze an officer's certificate does not release it: that takes two.
    ("ra-administrator-2", Role::RaAdministrator, "杨立新"),
];

/// Holders that a first start waits for.
const AT_ONCE: u32 = 400;
/// Blocks of holders entered at once where nothing else is to be done.
const WORKERS: usize = 32;

/// Founds where nothing is founded yet; a demonstration with all of its holders, or with those that a first start waits
/// for: the service enters the others.
pub async fn if_needed(
    config: &Config,
    data: &DataDirectory,
    founding: &Founding,
    public: &Bases,
    whole: bool,
) -> anyhow::Result<()> {
    if data.is_founded() {
        return Ok(());
    }
    let nursery = data.nursery()?;
    if nursery.path().exists() {
        // Left by a first start that was cut short; nothing in it was ever used.
        std::fs::remove_dir_all(nursery.path())
            .with_context(|| nursery.path().display().to_string())?;
    }
    nursery.create()?;
    found(config, &nursery, founding, public, whole).await?;
    if data.path().exists() {
        std::fs::remove_dir(data.path()).with_context(|| {
            format!(
                "{} exists and holds other files; give an empty or a new directory with --data",
                data.path().display()
            )
        })?;
    }
    std::fs::rename(nursery.path(), data.path())
        .with_context(|| format!("{} cannot be moved into place", data.path().display()))
}

/// `gmpki init`: founds without serving; refuses where a hierarchy exists.
pub async fn only(
    config: &Config,
    data: &DataDirectory,
    founding: &Founding,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        !data.is_founded(),
        "{} holds a hierarchy already",
        data.path().display()
    );
    let url = |configured: &Option<String>, address: std::net::SocketAddr| {
        configured
            .clone()
            .unwrap_or_else(|| format!("http://{address}"))
    };
    let public = Bases {
        portal: url(&config.urls.portal, config.listen.portal),
        machines: url(&config.urls.machines, config.listen.machines),
    };
    if_needed(config, data, founding, &public, true).await?;
    eprintln!("✓ {}", data.path().display());
    Ok(())
}

async fn found(
    config: &Config,
    data: &DataDirectory,
    founding: &Founding,
    public: &Bases,
    whole: bool,
) -> anyhow::Result<()> {
    let demonstration = !founding.no_demo;
    let progress = Progress::new(if demonstration {
        "首次启动，建立演示体系 / first start: founding the demonstration"
    } else {
        "首次启动，建立认证体系 / first start: founding the hierarchy"
    });
    let tell = |done: usize, of: usize, what: &str| progress.tell(done as u64, of as u64, what);
    let provider = data.create_keys(config)?;
    std::fs::create_dir_all(data.path().join("officers"))?;
    let mut keys = Vec::new();
    let mut officers = Vec::new();
    for (number, (file, role, name)) in (1..).zip(OFFICERS) {
        let [key_file, _, pass_file] = data.officer(file);
        let passphrase = zeroize::Zeroizing::new(hex::encode(sm_engine::random::array::<24>()));
        write_private(&pass_file, passphrase.as_bytes())?;
        let key = OfficerKey::create(&key_file, passphrase.as_bytes())?;
        officers.push(OfficerPlan {
            role,
            form: officer_form(number, role, if demonstration { name } else { role.zh() }),
            key: key.sm2_public_key().clone(),
            authority: "jinan".into(),
        });
        keys.push(key);
    }
    let plan = Plan {
        origin: origin(demonstration),
        demonstration,
        organization: organization(demonstration),
        certificate_policy: certificate_policy(config, demonstration)?,
        authorities: authorities(&config.compat, demonstration)?,
        officers,
    };
    let certificates = Authority::found(
        setup(config, data, &provider, public, demonstration).await?,
        plan,
        &tell,
    )
    .await?;
    for ((file, ..), certificate) in OFFICERS.iter().zip(&certificates) {
        let [_, certificate_file, _] = data.officer(file);
        std::fs::write(certificate_file, certificate.to_pem())?;
    }
    let authority =
        Authority::open(setup(config, data, &provider, public, demonstration).await?).await?;
    std::fs::write(data.log_key_file(), format!("{}\n", authority.log_key()))?;
    if demonstration {
        let result = populate(&authority, data, &keys, founding, whole, &tell).await;
        authority.shut_down().await;
        result?;
    } else {
        authority.shut_down().await;
    }
    Ok(())
}

/// The cast of the demonstration, and of its holders all, or as many as a start waits for.
async fn populate(
    authority: &Authority,
    data: &DataDirectory,
    keys: &[OfficerKey],
    founding: &Founding,
    whole: bool,
    tell: &(dyn Fn(usize, usize, &str) + Send + Sync),
) -> anyhow::Result<()> {
    demo::populate(authority, keys, tell).await?;
    let keys = demo::fill::keys_of(data)?;
    let mut filling = demo::fill::Filling::begin(data, founding.holders())?;
    let until = match whole {
        true => founding.holders(),
        false => founding.holders().min(AT_ONCE),
    };
    let tell = |done: u64, of: u64| {
        let count = |number| usize::try_from(number).unwrap_or(usize::MAX);
        tell(count(done), count(of), "演示持证人 / holders");
    };
    filling.go_on(authority, &keys, until, WORKERS, &tell).await
}

fn origin(demonstration: bool) -> String {
    if demonstration {
        "gmpki.test/shandong-demo/sm3".into()
    } else {
        "gmpki/shandong/sm3".into()
    }
}

fn organization(demonstration: bool) -> String {
    let suffix = if demonstration {
        "（测试 TEST）"
    } else {
        ""
    };
    format!("山东省电子政务网络信任服务{suffix}")
}

/// The configured policy; a demonstration without one uses the policy that is registered for tests
/// (NIST Computer Security Objects Register, test-policy-1).
fn certificate_policy(config: &Config, demonstration: bool) -> anyhow::Result<ObjectIdentifier> {
    const TEST_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.2.1.48.1");
    match (&config.policy.oid, demonstration) {
        (Some(oid), _) => oid
            .parse()
            .map_err(|_| anyhow::anyhow!("policy.oid = {oid:?}: not an object identifier")),
        (None, true) => Ok(TEST_POLICY),
        (None, false) => anyhow::bail!(
            "a hierarchy that is no demonstration needs the object identifier of its certificate policy: set oid under [policy] in the configuration"
        ),
    }
}

fn authorities(compat: &Compat, demonstration: bool) -> anyhow::Result<Vec<AuthorityPlan>> {
    let mark = if demonstration { "测试 TEST " } else { "" };
    let plan = |authority: &str, parent: Option<&str>, name: &str, city: Option<&str>, key| {
        AuthorityPlan {
            authority: authority.into(),
            parent: parent.map(str::to_owned),
            common_name: format!("{mark}{name}"),
            locality: city.map(str::to_owned),
            key,
        }
    };
    let sm2 = || KeyPlan::Generated(Algorithm::Sm2Sm3);
    let (jinan, qingdao) = (Some("济南市"), Some("青岛市"));
    let mut all = vec![
        plan("root", None, "山东政务根 CA", None, sm2()),
        plan("jinan", Some("root"), "济南签发 CA", jinan, sm2()),
        plan("qingdao", Some("root"), "青岛签发 CA", qingdao, sm2()),
    ];
    if compat.enabled.unwrap_or(demonstration) {
        let (root, issuing) = (&compat.root_key, &compat.issuing_key);
        let (root, issuing) = (imported(root.as_deref())?, imported(issuing.as_deref())?);
        let name = "山东政务国际算法根 CA";
        all.push(plan("compat-root", None, name, None, root));
        let name = "山东政务国际算法签发 CA";
        all.push(plan("compat", Some("compat-root"), name, None, issuing));
    }
    Ok(all)
}

/// The key in `path`, or else a P-256 key to be made.
fn imported(path: Option<&Path>) -> anyhow::Result<KeyPlan> {
    let Some(path) = path else {
        return Ok(KeyPlan::Generated(Algorithm::EcdsaP256Sha256));
    };
    let key = std::fs::read(path).with_context(|| path.display().to_string())?;
    Ok(KeyPlan::Imported(zeroize::Zeroizing::new(key)))
}

fn officer_form(number: usize, role: Role, name: &str) -> BTreeMap<String, String> {
    [
        ("name", name.to_owned()),
        ("department", "山东省证书注册机构".to_owned()),
        ("city", "济南市".to_owned()),
        ("role", role.zh().to_owned()),
        ("employee_number", format!("OP-{number:04}")),
        ("basis", "鲁经信政〔2026〕3号".to_owned()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}
