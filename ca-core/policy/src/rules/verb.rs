//! Everything that an officer can ask the system to do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One act. A request of any protocol is exactly one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verb {
    /// Read the audit views: reconciliation, officers' behaviour, refused attempts.
    #[serde(rename = "audit.read")]
    AuditRead,
    /// List cases.
    #[serde(rename = "case.list")]
    CaseList,
    /// Approve, return or refuse a case.
    #[serde(rename = "case.review")]
    CaseReview,
    /// Open a case, or complete a returned one.
    #[serde(rename = "case.submit")]
    CaseSubmit,
    /// See one case with its form and evidence.
    #[serde(rename = "case.view")]
    CaseView,
    /// Take a case back before it is produced.
    #[serde(rename = "case.withdraw")]
    CaseWithdraw,
    /// Freeze a certificate (certificateHold).
    #[serde(rename = "certificate.hold")]
    CertificateHold,
    /// Produce the certificates of an approved case.
    #[serde(rename = "certificate.issue")]
    CertificateIssue,
    /// Release a frozen certificate.
    #[serde(rename = "certificate.release")]
    CertificateRelease,
    /// Revoke a certificate for ever.
    #[serde(rename = "certificate.revoke")]
    CertificateRevoke,
    /// Search certificates by name, department and so on.
    #[serde(rename = "certificate.search")]
    CertificateSearch,
    /// See one certificate with its history.
    #[serde(rename = "certificate.view")]
    CertificateView,
    /// Have a CRL made now.
    #[serde(rename = "crl.publish")]
    CrlPublish,
    /// Read ledger entries and proofs.
    #[serde(rename = "ledger.read")]
    LedgerRead,
    /// Confirm what another RA administrator proposed about an officer.
    #[serde(rename = "officer.confirm")]
    OfficerConfirm,
    /// List officers and their roles, and the proposals about them.
    #[serde(rename = "officer.list")]
    OfficerList,
    /// Propose to appoint an officer, to change an appointment or to end it.
    #[serde(rename = "officer.propose")]
    OfficerPropose,
    /// Turn down a proposal about an officer, or take back one's own.
    #[serde(rename = "officer.refuse")]
    OfficerRefuse,
    /// Import the roster of a unit, in place of the one before.
    #[serde(rename = "roster.import")]
    RosterImport,
    /// See the roster of a unit.
    #[serde(rename = "roster.view")]
    RosterView,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 20] = [
        Self::AuditRead,
        Self::CaseList,
        Self::CaseReview,
        Self::CaseSubmit,
        Self::CaseView,
        Self::CaseWithdraw,
        Self::CertificateHold,
        Self::CertificateIssue,
        Self::CertificateRelease,
        Self::CertificateRevoke,
        Self::CertificateSearch,
        Self::CertificateView,
        Self::CrlPublish,
        Self::LedgerRead,
        Self::OfficerConfirm,
        Self::OfficerList,
        Self::OfficerPropose,
        Self::OfficerRefuse,
        Self::RosterImport,
        Self::RosterView,
    ];

    /// `case.submit`: the name in documents, statements and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.names().0
    }

    /// In Chinese, to follow 不能: `审核证书申请`.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        self.names().1
    }

    /// In English, to follow "may not": `review cases`.
    #[must_use]
    pub const fn en(self) -> &'static str {
        self.names().2
    }

    /// Whether it changes nothing. Roles that are held alone have no other verbs.
    #[must_use]
    pub const fn is_reading(self) -> bool {
        matches!(
            self,
            Self::AuditRead
                | Self::CaseList
                | Self::CaseView
                | Self::CertificateSearch
                | Self::CertificateView
                | Self::LedgerRead
                | Self::OfficerList
                | Self::RosterView
        )
    }

    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::AuditRead => ("audit.read", "查阅审计信息", "read audit views"),
            Self::CaseList => ("case.list", "查看申请列表", "list cases"),
            Self::CaseReview => ("case.review", "审核证书申请", "review cases"),
            Self::CaseSubmit => ("case.submit", "录入证书申请", "submit cases"),
            Self::CaseView => ("case.view", "查看申请内容", "see cases"),
            Self::CaseWithdraw => ("case.withdraw", "撤回证书申请", "withdraw cases"),
            Self::CertificateHold => ("certificate.hold", "冻结证书", "freeze certificates"),
            Self::CertificateIssue => ("certificate.issue", "制作证书", "produce certificates"),
            Self::CertificateRelease => ("certificate.release", "解冻证书", "release certificates"),
            Self::CertificateRevoke => ("certificate.revoke", "吊销证书", "revoke certificates"),
            Self::CertificateSearch => ("certificate.search", "检索证书", "search certificates"),
            Self::CertificateView => ("certificate.view", "查看证书", "see certificates"),
            Self::CrlPublish => ("crl.publish", "发布吊销列表", "publish CRLs"),
            Self::LedgerRead => ("ledger.read", "查阅账本", "read the ledger"),
            Self::OfficerConfirm => (
                "officer.confirm",
                "确认操作员变更",
                "confirm changes of officers",
            ),
            Self::OfficerList => ("officer.list", "查看操作员名册", "list officers"),
            Self::OfficerPropose => (
                "officer.propose",
                "提出操作员变更",
                "propose changes of officers",
            ),
            Self::OfficerRefuse => (
                "officer.refuse",
                "驳回操作员变更",
                "refuse changes of officers",
            ),
            Self::RosterImport => ("roster.import", "导入花名册", "import rosters"),
            Self::RosterView => ("roster.view", "查看花名册", "see rosters"),
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not the name of a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("P422 not a verb of this system")]
pub struct UnknownVerb;

impl FromStr for Verb {
    type Err = UnknownVerb;

    fn from_str(text: &str) -> Result<Self, UnknownVerb> {
        Self::ALL
            .into_iter()
            .find(|verb| verb.as_str() == text)
            .ok_or(UnknownVerb)
    }
}
