//! One table: which address and method of the desk exist, what they need, how much they take.

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::on;
use policy::Verb;

use super::guard::guard;
use super::{
    audit, batch, case, certificate, claim, dashboard, draft, evidence, holder, mass, officers,
    print, production, review, roster, search, sign, sign_in, succession, unit, workbench,
};
use crate::portal::Portal;
use crate::route::{Handler, limited};

/// Longest form without files, bytes.
const FORM: usize = 256 * 1024;
/// Longest form with one file of 10 MB.
const UPLOAD: usize = 10 * 1024 * 1024 + 64 * 1024;

/// What a caller must have before the handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: the steps of signing in.
    Nothing,
    /// A session of any role.
    Session,
    /// A session whose role may do one of these.
    Verb(&'static [Verb]),
}

/// A row of the table.
pub(crate) struct Route {
    /// HTTP method.
    pub(crate) method: Method,
    /// Path.
    pub(crate) path: &'static str,
    /// What it needs.
    pub(crate) needs: Needs,
    /// Longest body in bytes.
    body: usize,
    handler: Handler,
}

macro_rules! routes {
    ($($method:ident $path:literal $needs:expr, $body:ident => $handler:path;)+) => {
        /// Every address of the desk.
        pub(crate) static ROUTES: &[Route] = &[$(Route {
            method: Method::$method,
            path: $path,
            needs: $needs,
            body: $body,
            handler: |filter| on(filter, $handler),
        },)+];
    };
}

const STATUS: &[Verb] = &[
    Verb::CertificateHold,
    Verb::CertificateRelease,
    Verb::CertificateRevoke,
];

const MASS: &[Verb] = &[Verb::CertificateHold, Verb::CertificateRevoke];

routes! {
    GET "/desk/sign-in" Needs::Nothing, FORM => sign_in::show;
    POST "/desk/sign-in" Needs::Nothing, FORM => sign_in::ask;
    POST "/desk/sign-in/answer" Needs::Nothing, FORM => sign_in::answer;
    GET "/desk/sign-in/answer" Needs::Nothing, FORM => sign_in::returned;
    POST "/desk/sign-in/challenge" Needs::Nothing, FORM => sign_in::challenge_file;
    POST "/desk/sign-in/demonstration" Needs::Nothing, FORM => sign_in::demonstration;
    POST "/desk/sign-out" Needs::Session, FORM => sign_in::sign_out;
    GET "/desk" Needs::Session, FORM => workbench::show;
    POST "/desk/next" Needs::Verb(&[Verb::CaseReview]), FORM => claim::next;
    POST "/case/{case}/claim" Needs::Verb(&[Verb::CaseReview]), FORM => claim::take;
    POST "/case/{case}/give-back" Needs::Verb(&[Verb::CaseReview]), FORM => claim::give_back;
    GET "/desk/sign/{act}" Needs::Session, FORM => sign::show;
    GET "/desk/sign/{act}/statement" Needs::Session, FORM => sign::statement_file;
    GET "/desk/sign/{act}/signed" Needs::Session, FORM => sign::returned;
    POST "/desk/sign/{act}" Needs::Session, FORM => sign::upload;
    POST "/desk/sign/{act}/demonstration" Needs::Session, FORM => sign::demonstration;
    GET "/draft/new" Needs::Verb(&[Verb::CaseSubmit]), FORM => draft::start::show;
    POST "/draft/new" Needs::Verb(&[Verb::CaseSubmit]), FORM => draft::start::begin;
    GET "/draft/{draft}" Needs::Verb(&[Verb::CaseSubmit]), FORM => draft::tasks::show;
    POST "/draft/{draft}/discard" Needs::Verb(&[Verb::CaseSubmit]), FORM => draft::tasks::discard;
    GET "/draft/{draft}/fields/{part}" Needs::Verb(&[Verb::CaseSubmit]), FORM => draft::fields::show;
    POST "/draft/{draft}/fields/{part}" Needs::Verb(&[Verb::CaseSubmit]), FORM => draft::fields::save;
    GET "/draft/{draft}/request" Needs::Verb(&[Verb::CaseSubmit]), FORM => draft::request::show;
    POST "/draft/{draft}/request" Needs::Verb(&[Verb::CaseSubmit]), FORM => draft::request::save;
    POST "/draft/{draft}/request/demonstration" Needs::Verb(&[Verb::CaseSubmit]), FORM => draft::request::demonstration;
    GET "/draft/{draft}/evidence" Needs::Verb(&[Verb::CaseSubmit]), FORM => draft::files::show;
    POST "/draft/{draft}/evidence" Needs::Verb(&[Verb::CaseSubmit]), UPLOAD => draft::files::add;
    POST "/draft/{draft}/evidence/{digest}/remove" Needs::Verb(&[Verb::CaseSubmit]), FORM => draft::files::remove;
    GET "/draft/{draft}/check" Needs::Verb(&[Verb::CaseSubmit]), FORM => draft::check::show;
    POST "/draft/{draft}/submit" Needs::Verb(&[Verb::CaseSubmit]), FORM => draft::check::submit;
    GET "/batch" Needs::Verb(&[Verb::CaseSubmit]), FORM => batch::arrive::show;
    POST "/batch" Needs::Verb(&[Verb::CaseSubmit]), UPLOAD => batch::arrive::arrive;
    GET "/batch/{batch}" Needs::Verb(&[Verb::CaseSubmit]), FORM => batch::show::show;
    POST "/batch/{batch}/lines" Needs::Verb(&[Verb::CaseSubmit]), FORM => batch::fix::save;
    GET "/batch/{batch}/errors.xlsx" Needs::Verb(&[Verb::CaseSubmit]), FORM => batch::returned::download;
    POST "/batch/{batch}/returned" Needs::Verb(&[Verb::CaseSubmit]), UPLOAD => batch::returned::upload;
    POST "/batch/{batch}/drafts" Needs::Verb(&[Verb::CaseSubmit]), FORM => batch::go_on::drafts;
    POST "/batch/{batch}/discard" Needs::Verb(&[Verb::CaseSubmit]), FORM => batch::show::discard;
    GET "/case" Needs::Verb(&[Verb::CaseList]), FORM => case::list;
    GET "/case/{case}" Needs::Verb(&[Verb::CaseView]), FORM => case::show;
    GET "/case/{case}/print" Needs::Verb(&[Verb::CaseView]), FORM => print::show;
    POST "/case/{case}/complete" Needs::Verb(&[Verb::CaseSubmit]), FORM => draft::start::complete;
    POST "/case/{case}/withdraw" Needs::Verb(&[Verb::CaseWithdraw]), FORM => case::withdraw;
    GET "/case/{case}/evidence/{digest}" Needs::Verb(&[Verb::CaseView]), FORM => evidence::show;
    GET "/case/{case}/review" Needs::Verb(&[Verb::CaseReview]), FORM => review::show;
    POST "/case/{case}/review" Needs::Verb(&[Verb::CaseReview]), FORM => review::decide;
    GET "/case/{case}/holder" Needs::Verb(&[Verb::CaseView]), FORM => holder::of_case;
    GET "/case/{case}/unit" Needs::Verb(&[Verb::CaseView]), FORM => unit::of_case;
    GET "/mass" Needs::Verb(MASS), FORM => mass::select::show;
    POST "/mass" Needs::Verb(MASS), FORM => mass::select::plan;
    POST "/mass/form" Needs::Verb(MASS), FORM => mass::select::prefilled;
    GET "/mass/{mass}" Needs::Verb(MASS), FORM => mass::show::show;
    POST "/mass/{mass}" Needs::Verb(MASS), FORM => mass::show::sign;
    POST "/mass/{mass}/resume" Needs::Verb(MASS), FORM => mass::show::resume;
    POST "/mass/{mass}/discard" Needs::Verb(MASS), FORM => mass::show::discard;
    GET "/make" Needs::Verb(&[Verb::CertificateIssue]), FORM => production::queue;
    POST "/make" Needs::Verb(&[Verb::CertificateIssue]), FORM => production::make;
    GET "/cert" Needs::Verb(&[Verb::CertificateSearch]), FORM => search::show;
    POST "/cert" Needs::Verb(&[Verb::CertificateSearch]), FORM => search::find;
    GET "/person/{token}" Needs::Verb(&[Verb::CertificateView]), FORM => holder::show;
    GET "/roster" Needs::Verb(&[Verb::RosterView]), FORM => roster::import::show;
    POST "/roster" Needs::Verb(&[Verb::RosterImport]), UPLOAD => roster::import::arrive;
    GET "/roster/{unit}" Needs::Verb(&[Verb::RosterView]), FORM => roster::list::show;
    GET "/unit/{token}" Needs::Verb(&[Verb::CertificateSearch]), FORM => unit::show;
    GET "/cert/{authority}/{serial}" Needs::Verb(&[Verb::CertificateView]), FORM => certificate::show;
    GET "/cert/{authority}/{serial}/succession" Needs::Verb(&[Verb::CaseSubmit]), FORM => succession::show;
    POST "/cert/{authority}/{serial}/succession" Needs::Verb(&[Verb::CaseSubmit]), FORM => succession::begin;
    GET "/cert/{authority}/{serial}/file" Needs::Verb(&[Verb::CertificateView]), FORM => certificate::file;
    GET "/cert/{authority}/{serial}/change" Needs::Verb(STATUS), FORM => certificate::form;
    POST "/cert/{authority}/{serial}/change" Needs::Verb(STATUS), FORM => certificate::change;
    GET "/dash" Needs::Verb(&[Verb::CertificateSearch]), FORM => dashboard::show;
    GET "/dash/list" Needs::Verb(&[Verb::CertificateSearch]), FORM => dashboard::list::certificates;
    GET "/dash/overdue" Needs::Verb(&[Verb::CaseList]), FORM => dashboard::list::overdue;
    GET "/dash/units" Needs::Verb(&[Verb::CertificateSearch]), FORM => dashboard::units::show;
    GET "/audit" Needs::Verb(&[Verb::AuditRead]), FORM => audit::list;
    GET "/audit/{question}" Needs::Verb(&[Verb::AuditRead]), FORM => audit::show;
    GET "/audit/{question}/file" Needs::Verb(&[Verb::AuditRead]), FORM => audit::file;
    GET "/officer" Needs::Verb(&[Verb::OfficerList]), FORM => officers::list::list;
    GET "/officer/new" Needs::Verb(&[Verb::OfficerPropose]), FORM => officers::propose::form;
    POST "/officer/new" Needs::Verb(&[Verb::OfficerPropose]), FORM => officers::propose::appoint;
    GET "/officer/proposal" Needs::Verb(&[Verb::OfficerList]), FORM => officers::proposal::list;
    GET "/officer/proposal/{proposal}" Needs::Verb(&[Verb::OfficerList]), FORM => officers::proposal::show;
    POST "/officer/proposal/{proposal}/confirm" Needs::Verb(&[Verb::OfficerConfirm]), FORM => officers::proposal::confirm;
    POST "/officer/proposal/{proposal}/refuse" Needs::Verb(&[Verb::OfficerRefuse]), FORM => officers::proposal::refuse;
    GET "/officer/{officer}" Needs::Verb(&[Verb::OfficerList]), FORM => officers::list::show;
    GET "/officer/{officer}/change" Needs::Verb(&[Verb::OfficerPropose]), FORM => officers::propose::change_form;
    POST "/officer/{officer}/change" Needs::Verb(&[Verb::OfficerPropose]), FORM => officers::propose::change;
    GET "/officer/{officer}/end" Needs::Verb(&[Verb::OfficerPropose]), FORM => officers::propose::end_form;
    POST "/officer/{officer}/end" Needs::Verb(&[Verb::OfficerPropose]), FORM => officers::propose::end;
}

impl Route {
    /// Registers the row: guard first, then limit, then handler.
    pub(super) fn add_to(
        &self,
        router: Router<Arc<Portal>>,
        portal: &Arc<Portal>,
    ) -> Router<Arc<Portal>> {
        let guarded = limited(&self.method, self.handler, self.body)
            .layer(from_fn_with_state((Arc::clone(portal), self.needs), guard));
        router.route(self.path, guarded)
    }
}
