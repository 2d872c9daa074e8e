//! One struct per view table. Columns are public facts and digests; personal data are sealed elsewhere.

use sm_engine::sm3::Digest;

use crate::Error;
use crate::table::{Column, ColumnKind, Record, Table};
use crate::value::Value;

/// A type that fits one column.
pub(crate) trait Field: Sized {
    const KIND: ColumnKind;
    const NULLABLE: bool = false;
    fn into_value(self) -> Value;
    fn from_value(value: Value) -> Option<Self>;
}

impl Field for String {
    const KIND: ColumnKind = ColumnKind::Text;
    fn into_value(self) -> Value {
        Value::Text(self)
    }
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Text(text) = value {
            Some(text)
        } else {
            None
        }
    }
}

impl Field for i64 {
    const KIND: ColumnKind = ColumnKind::Integer;
    fn into_value(self) -> Value {
        Value::Integer(self)
    }
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Integer(number) = value {
            Some(number)
        } else {
            None
        }
    }
}

impl Field for Vec<u8> {
    const KIND: ColumnKind = ColumnKind::Blob;
    fn into_value(self) -> Value {
        Value::Blob(self)
    }
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Blob(bytes) = value {
            Some(bytes)
        } else {
            None
        }
    }
}

impl Field for Digest {
    const KIND: ColumnKind = ColumnKind::Blob;
    fn into_value(self) -> Value {
        Value::Blob(self.as_bytes().to_vec())
    }
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Blob(bytes) = value {
            <[u8; 32]>::try_from(bytes).ok().map(Digest)
        } else {
            None
        }
    }
}

impl<T: Field> Field for Option<T> {
    const KIND: ColumnKind = T::KIND;
    const NULLABLE: bool = true;
    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            other => T::from_value(other).map(Some),
        }
    }
}

macro_rules! view {
    ($(#[$doc:meta])* $vis:vis $name:ident in $table:literal, key [$($key:literal),+], indexes [$([$($index:literal),+]),*] {
        $($(#[$field_doc:meta])* $field:ident: $kind:ty,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $vis struct $name {
            $($(#[$field_doc])* pub $field: $kind,)+
        }

        impl Record for $name {
            const TABLE: &'static Table = &Table {
                name: $table,
                columns: &[$(Column {
                    name: stringify!($field),
                    kind: <$kind as Field>::KIND,
                    nullable: <$kind as Field>::NULLABLE,
                },)+],
                key: &[$($key),+],
                indexes: &[$(&[$($index),+]),*],
                unique: &[],
            };

            fn to_row(&self) -> Vec<Value> {
                vec![$(self.$field.clone().into_value(),)+]
            }

            fn from_row(row: Vec<Value>) -> Result<Self, Error> {
                let mut values = row.into_iter();
                $(let $field = values
                    .next()
                    .and_then(<$kind as Field>::from_value)
                    .ok_or(Error::Column { table: $table, column: stringify!($field) })?;)+
                Ok(Self { $($field,)+ })
            }
        }
    };
}

pub(crate) use view;

view! {
    /// A policy document in force.
    pub PolicyRow in "policies", key ["name"], indexes [] {
        /// File stem in `policies/`.
        name: String,
        /// SM3 of the document; the sealed blob of that digest holds it.
        document: Digest,
        /// Entry that adopted it.
        idx: i64,
    }
}

view! {
    /// A certificate authority of this hierarchy.
    pub AuthorityRow in "authorities", key ["authority"], indexes [] {
        /// Short name.
        authority: String,
        /// Authority that certified it; itself for the root.
        parent: String,
        /// Serial of its certificate, hex.
        serial: String,
        /// SM3 of its certificate.
        certificate: Digest,
        /// Subject key identifier, hex.
        key_id: String,
        /// Entry that founded it.
        idx: i64,
    }
}

view! {
    /// An officer's appointment as it stands.
    pub OfficerRow in "officers", key ["officer"], indexes [["certificate"]] {
        /// Number, `OP-0001`.
        officer: String,
        /// Role name.
        role: String,
        /// Division codes of the scope, separated by commas; empty for all cities.
        cities: String,
        /// Unit codes of the scope in hex, separated by commas; empty for all units.
        units: String,
        /// When it begins, UTC seconds.
        begins: i64,
        /// First second after its end, UTC.
        until: Option<i64>,
        /// UTC seconds when it was ended.
        ended_at: Option<i64>,
        /// Authority that issued the officer's certificate.
        authority: String,
        /// Its serial, hex.
        serial: String,
        /// SM3 of the certificate.
        certificate: Digest,
        /// Sealed particulars.
        particulars: Digest,
        /// Entry of the latest change.
        idx: i64,
    }
}

view! {
    /// What an RA administrator proposed about an officer.
    pub ProposalRow in "officer_proposals", key ["proposal"], indexes [["state", "proposal"], ["officer"]] {
        /// Entry of the proposal.
        proposal: i64,
        /// Whom it concerns.
        officer: String,
        /// `appoint`, `change`, `end`.
        change: String,
        /// `waiting`, `confirmed`, `refused`.
        state: String,
        /// Role of the proposed terms; absent, like all of them, where an appointment is to end.
        role: Option<String>,
        /// Division codes of the scope, separated by commas.
        cities: String,
        /// Unit codes of the scope in hex, separated by commas.
        units: String,
        /// When it is to begin, UTC seconds.
        begins: Option<i64>,
        /// First second after its end, UTC.
        until: Option<i64>,
        /// Authority that issued the certificate.
        authority: Option<String>,
        /// Its serial, hex.
        serial: Option<String>,
        /// SM3 of the certificate.
        certificate: Option<Digest>,
        /// Sealed particulars.
        particulars: Option<Digest>,
        /// Administrator who proposed it.
        proposed_by: String,
        /// UTC seconds.
        proposed_at: i64,
        /// The proposal's statement.
        statement: Digest,
        /// Administrator who confirmed or refused it.
        decided_by: Option<String>,
        /// UTC seconds.
        decided_at: Option<i64>,
        /// Latest entry.
        idx: i64,
    }
}

view! {
    /// A signed statement that was used; none can be used twice.
    pub StatementRow in "statements", key ["digest"], indexes [["officer"], ["time", "idx"]] {
        /// SM3 of its canonical bytes; the sealed blob of that digest holds them.
        digest: Digest,
        /// Officer who signed.
        officer: String,
        /// DER signature in base64.
        signature: String,
        /// Kind of the entry that rests on it.
        kind: String,
        /// What that entry is about: `case:C-…`, `cert:jinan/0a1b…`, `officer:OP-…`.
        subject: String,
        /// Its time, UTC seconds.
        time: i64,
        /// Entry that rests on it.
        idx: i64,
    }
}

view! {
    /// A public key that was seen; it is never certified for another case.
    pub KeyRow in "keys", key ["key"], indexes [] {
        /// SM3 of the SubjectPublicKeyInfo.
        key: Digest,
        /// Case or certificate that brought it (`case:…`, `cert:…`).
        subject: String,
        /// 1 where its private half is known to be lost or stolen.
        compromised: i64,
        /// Entry that brought it.
        idx: i64,
    }
}

view! {
    /// A case.
    pub CaseRow in "cases", key ["case_id"], indexes [["state", "case_id"]] {
        /// Number.
        case_id: String,
        /// Latest submission.
        revision: i64,
        /// `submitted`, `returned`, `approved`, `refused`, `withdrawn`, `producing`, `issued`.
        state: String,
        /// Profile name.
        profile: String,
        /// Frozen profile document.
        profile_document: Digest,
        /// Authority that is to issue.
        authority: String,
        /// Sealed form.
        form: Digest,
        /// Sealed PKCS#10 request.
        request: Digest,
        /// Requested key.
        key: Digest,
        /// Approved template.
        template: Digest,
        /// Evidence digests in hex, separated by commas.
        evidence: String,
        /// Entry officer.
        entered_by: String,
        /// Entry officer's statement.
        entry_statement: Digest,
        /// Why its certificate follows on another one, `renewal`.
        succession: Option<String>,
        /// Serial of that one, by the same authority, hex.
        predecessor: Option<String>,
        /// How long that one may stay good beside it: seconds.
        overlap: Option<i64>,
        /// Review officer of the last decision.
        reviewed_by: Option<String>,
        /// Statement of the last decision.
        review_statement: Option<Digest>,
        /// Serial of the certificate being or having been produced, hex.
        serial: Option<String>,
        /// Division code of the city where it belongs.
        city: Option<String>,
        /// Code of the unit where it belongs.
        unit: Option<Digest>,
        /// Until when it is promised as long as it is not returned, UTC seconds.
        due_at: Option<i64>,
        /// UTC seconds of the first submission.
        opened_at: i64,
        /// UTC seconds of the latest change.
        changed_at: i64,
        /// Latest entry.
        idx: i64,
    }
}

view! {
    /// A certificate that another one follows on.
    pub SuccessionRow in "successions", key ["authority", "serial", "case_id"], indexes [["due_at"]] {
        /// Issuing authority.
        authority: String,
        /// Serial, hex.
        serial: String,
        /// Case of the other one.
        case_id: String,
        /// When it is superseded, UTC seconds; absent before the other one is issued, and afterwards.
        due_at: Option<i64>,
        /// Latest entry.
        idx: i64,
    }
}

view! {
    /// A certificate, from intent to end.
    pub CertificateRow in "certificates", key ["authority", "serial"],
        indexes [["serial"], ["state", "intended_idx"], ["case_id"], ["certificate"], ["profile", "not_after"]] {
        /// Issuing authority.
        authority: String,
        /// Serial, hex.
        serial: String,
        /// `intended`, `good`, `held`, `revoked`, `abandoned`.
        state: String,
        /// RFC 5280 reason name, or the code of an abandoned intent.
        reason: Option<String>,
        /// Profile name.
        profile: String,
        /// Digest of the profile's document.
        profile_document: Digest,
        /// SM3 of the TBS; a sealed blob until the certificate exists and after.
        tbs: Digest,
        /// SM3 of the certificate; the sealed blob of that digest holds it.
        certificate: Option<Digest>,
        /// Certified key.
        key: Digest,
        /// Case that it rests on.
        case_id: Option<String>,
        /// Division code of the case's city.
        city: Option<String>,
        /// Code of the case's unit.
        unit: Option<Digest>,
        /// 1 where it was produced after the case's promise, 0 where it was in time; absent where nothing was promised.
        late: Option<i64>,
        /// End of validity, UTC seconds.
        not_after: Option<i64>,
        /// UTC seconds when it was issued.
        issued_at: Option<i64>,
        /// UTC seconds of the latest change of state.
        changed_at: i64,
        /// Officer of the latest change of state.
        changed_by: Option<String>,
        /// Officer who produced it.
        produced_by: Option<String>,
        /// Entry of the intent.
        intended_idx: i64,
        /// Latest entry.
        idx: i64,
    }
}

view! {
    /// The latest CRL of each scope.
    pub CrlRow in "crls", key ["authority", "scope"], indexes [] {
        /// Issuing authority.
        authority: String,
        /// `full`, `delta`, `shard-0007`.
        scope: String,
        /// CRL number.
        number: i64,
        /// Number of the full CRL that a delta builds on.
        base: Option<i64>,
        /// SM3 of the CRL; the sealed blob of that digest holds it unless it has parts.
        crl: Digest,
        /// SM3 of each part in hex, separated by commas; the sealed blobs of these digests hold it.
        parts: String,
        /// thisUpdate, UTC seconds.
        this_update: i64,
        /// nextUpdate, UTC seconds.
        next_update: i64,
        /// Entries listed.
        entries: i64,
        /// Ledger size that it states.
        covers: i64,
        /// What had expired and been revoked before this time is left out, UTC seconds.
        expired_before: i64,
        /// Entry of its issue.
        idx: i64,
    }
}

view! {
    /// An address of an authority's shards.
    pub PartitionRow in "crl_partitions", key ["authority", "idx"], indexes [] {
        /// Issuing authority.
        authority: String,
        /// How many shards; the same in every row of an authority.
        shards: i64,
        /// URL in front of `/{shard}of{shards}.crl`.
        base: String,
        /// Entry that brought it.
        idx: i64,
    }
}

view! {
    /// A searchable word of a case, as a keyed digest.
    pub TermRow in "terms", key ["term", "subject"], indexes [["subject", "idx"]] {
        /// `SealKey::keyed_digest(kind, value)`.
        term: Digest,
        /// Case that it leads to, `case:…`.
        subject: String,
        /// Entry that brought it.
        idx: i64,
    }
}

view! {
    /// Which entries speak of a case or a certificate.
    pub TrailRow in "trail", key ["subject", "idx"], indexes [] {
        /// `case:C-…`, `cert:jinan/0a1b…`, `officer:OP-…` (what he did), `appointment:OP-…` (what
        /// was proposed and decided about him).
        subject: String,
        /// The entry.
        idx: i64,
    }
}
