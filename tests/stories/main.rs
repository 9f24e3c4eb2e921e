//! The running product seen from outside: real processes, both databases, a real browser, and
//! judges that are not ours.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod a_day_under_one_touch;
mod a_doctor_renews;
mod a_document_is_erased;
mod a_document_is_taken_back;
mod a_document_waits_for_its_level;
mod a_hospital_closes;
mod a_hospital_system_brings_drafts_in;
mod a_licence_is_lost_before_signing;
mod a_program_asks_for_a_signature;
mod a_replacement_behind_the_holders_back;
mod a_seal_without_a_signature;
mod a_suspended_doctor_waits_for_an_officer;
mod a_tampered_file_is_red;
mod an_operator_with_the_pin;
mod bad_requests_get_their_due_answer;
mod documents_lie_in_a_bucket;
mod every_judge_agrees;
mod every_object_is_in_order;
mod files_get_fresh_proof;
mod five_hundred_under_one_touch;
mod killed_between_recorded_and_signed;
mod operators_are_told_the_truth;
mod revocation_is_seen_within_a_second;
mod revocation_reaches_two_nodes;
mod signing_on_a_phone;
mod signing_program;
mod the_ca_ends;
mod the_disk_is_full;
mod the_hsm_is_gone_for_a_minute;
mod the_hsm_misbehaves;
mod the_portal_is_killed;
mod the_portals_owner_cannot_sign;
mod the_whole_path_in_a_browser;
mod two_operators_hold_the_root;
mod two_signers_share_the_load;
mod what_is_wrong_is_refused;
