//! The store's contract: every case runs on SQLite and on a real PostgreSQL server.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod contract {
    pub mod bed;
    pub mod child;
    pub mod desk;
    pub mod faults;
    pub mod ledger_rows;
    pub mod looks;
    pub mod officers;
    pub mod opening;
    pub mod postgres_server;
    pub mod queries;
    pub mod questions;
    pub mod rows;
    pub mod sample;
    pub mod sealed;
    pub mod transactions;
    pub mod twins;
    pub mod writer;
}

use contract::bed::{Bed, run};
use contract::{
    desk, faults, ledger_rows, looks, officers, opening, queries, questions, rows, sealed,
    transactions, twins, writer,
};

macro_rules! on_both_databases {
    ($($module:ident :: $case:ident,)+) => {
        mod sqlite {
            use super::*;
            $(#[test] fn $case() { run(Bed::sqlite(), $module::$case); })+
        }
        mod postgres {
            use super::*;
            $(#[test] fn $case() { run(Bed::postgres(), $module::$case); })+
        }
    };
}

on_both_databases! {
    desk::a_batch_is_not_written_over_a_newer_one,
    desk::a_claim_keeps_others_away_while_it_is_fresh,
    desk::a_desk_has_one_process,
    desk::a_roster_is_replaced_whole_and_sealed,
    desk::an_act_on_many_is_kept_while_it_is_open,
    desk::a_draft_takes_its_files_with_it,
    desk::drafts_are_sealed_and_belong_to_an_officer,
    desk::files_are_listed_without_their_contents,
    desk::looks_are_all_kept_latest_first,
    faults::a_commit_whose_connection_breaks_changes_nothing,
    faults::an_unwritable_database_changes_nothing,
    ledger_rows::checkpoints_by_size,
    ledger_rows::entries_at_the_end_only,
    ledger_rows::missing_rows_are_damage,
    ledger_rows::tiles_of_every_width,
    looks::who_looked_at_whose_papers,
    officers::decisions_without_a_proposal_are_contradictions,
    officers::entries_make_appointments,
    officers::groups_make_no_difference,
    opening::a_changed_view_is_made_anew_and_marked,
    opening::a_newer_schema_is_refused,
    opening::a_second_opening_finds_the_same_state,
    opening::an_empty_database_is_not_read,
    opening::an_older_schema_gets_the_tables_that_were_added,
    opening::reading_beside_the_writer,
    opening::two_may_create_it_at_once,
    opening::what_nobody_declared_is_found,
    queries::cases_by_their_terms,
    queries::counts_between_edges,
    queries::counts_by_group,
    queries::pages_in_any_order,
    queries::sums_by_group,
    queries::text_sorts_by_bytes,
    queries::what_the_table_does_not_have_is_refused,
    questions::pages_are_bounded,
    questions::what_one_officer_did,
    questions::what_was_done_outside_of_working_hours,
    questions::what_was_revoked_soon_after_it_was_issued,
    questions::who_comes_close_to_doing_it_alone,
    questions::who_issued_what,
    questions::who_works_with_whom,
    rows::a_conflict_undoes_the_transaction,
    rows::a_model_agrees,
    rows::bulk_of_ten_thousand,
    rows::every_kind_of_column,
    rows::numbers_grow_by_what_is_added,
    rows::only_what_is_missing_is_written,
    rows::the_last_of_two_rows_wins,
    rows::unfit_values_are_refused,
    rows::unique_columns,
    sealed::a_flipped_byte_is_damage,
    sealed::another_key_opens_nothing,
    sealed::blobs_by_digest,
    transactions::a_dropped_transaction_leaves_nothing,
    transactions::one_after_the_other,
    transactions::readers_see_commits_only,
    writer::a_killed_holder_frees_it,
    writer::a_lost_lock_fences_its_writer,
    writer::a_renewed_connection_writes_on,
    writer::one_holder_at_a_time,
}

#[test]
fn the_same_writes_give_the_same_rows() {
    run(
        (Bed::sqlite(), Bed::postgres()),
        twins::the_same_writes_give_the_same_rows,
    );
}

#[test]
fn a_full_disk_changes_nothing() {
    run(Bed::sqlite(), faults::a_full_disk_changes_nothing);
}

#[test]
fn a_server_that_goes_away_leaves_the_commit_in_doubt() {
    run(
        Bed::own_postgres(),
        faults::a_server_that_goes_away_leaves_the_commit_in_doubt,
    );
}

#[test]
fn urls_and_files_that_are_no_database() {
    run(Bed::sqlite(), opening::urls_and_files_that_are_no_database);
}

#[test]
fn files_are_for_their_owner_only() {
    run(Bed::sqlite(), opening::files_are_for_their_owner_only);
}
