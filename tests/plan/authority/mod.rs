//! Hints and authority: what tools, tenants and backups do to an object harms nobody and loses no key.
//!
//! | Scenario | Test |
//! |---|---|
//! | re-created from Git with a retained Secret, with and without Azure | `recreated::an_object_that_is_made_again_from_git_goes_on_with_the_retained_secret`, `recreated::an_object_that_is_made_again_ends_the_same_wherever_it_is_stopped`, `recreated::without_the_secret_of_its_predecessor_an_object_makes_no_key_over_the_one_in_azure` |
//! | Velero restore in place (status dropped, new uid) | `recreated::a_restore_in_place_goes_on_with_the_same_key_place_and_former_keys`, `recreated::a_restore_from_before_a_move_finds_the_key_where_it_moved_to_and_takes_it_along` |
//! | to a new cluster with the same id while the old one lives and after it is gone | `recreated::a_restored_twin_takes_the_key_over_and_the_first_takes_nothing_back`, `recreated::a_twin_without_records_leaves_the_key_of_the_living_one_alone`, `recreated::the_mark_of_a_predecessor_on_another_key_is_a_conflict` |
//! | into another namespace | `recreated::a_restore_into_another_namespace_is_an_object_of_its_own` |
//! | `kubectl replace`, Argo CD Replace, an applied old export | `replaced::a_replaced_object_goes_on_without_a_write_to_azure_and_takes_its_key_along`, `replaced::a_replaced_object_that_is_deleted_at_once_is_put_away_with_its_key_and_outputs`, `replaced::a_replace_without_azure_takes_the_key_out_of_azure` |
//! | × with moves | `replaced::a_replace_that_moves_the_key_leaves_it_at_the_new_place_alone_wherever_it_is_stopped`, `replaced::an_export_from_before_a_move_moves_the_key_back_and_leaves_nothing_where_it_was`, `replaced::an_export_that_leaves_the_name_open_moves_nothing` |
//! | × with outputs | `replaced::a_replace_with_other_outputs_takes_the_old_ones_away` |
//! | × with adoption; adopted key deleted after a replace (Retain holds) | `replaced::an_adopted_key_stays_in_azure_when_its_object_is_deleted_after_a_replace`, `replaced::an_adopted_key_stays_behind_when_a_replace_moves_its_object`, `replaced::where_witnesses_disagree_over_an_adopted_key_it_stays` |
//! | annotations wiped, older, another object's, rubbish, 1,050 records | `hints::a_hint_that_is_missing_or_spoiled_changes_nothing_is_told_and_is_put_back`, `hints::an_object_whose_hints_are_spoiled_when_it_is_deleted_takes_its_own_along_and_nothing_else`, `hints::spoiled_hints_and_a_wiped_status_together_lose_no_key`, `hints::spoiled_hints_bring_no_move_off_its_way`, `hints::spoiled_records_of_rotations_rotate_nothing_again`, `tenants::a_record_that_a_tenant_has_written_reaches_no_key_of_anybody_else`, `decisions::hints_that_can_not_be_read_change_nothing_and_are_put_back` |
//! | tags stripped, renamed by policy | `marks::a_mark_that_was_stripped_is_put_back_and_one_that_became_anothers_is_left_alone`, `marks::a_stripped_key_that_no_status_vouches_for_is_a_conflict_and_stays`, `marks::a_stripped_key_goes_on_when_its_secret_comes_back_from_a_backup`, `marks::another_key_in_the_place_of_one_that_lost_its_mark_is_not_this_objects`, `marks::a_place_under_another_whole_mark_is_never_written_or_deleted`, `drift::a_tag_that_is_turned_back_is_left_alone_and_the_rest_is_kept_in_step` |
//! | tags copied to a second key | `marks::a_mark_that_was_copied_to_a_second_key_gives_no_right_to_that`, `marks::a_copy_of_key_and_mark_stays_while_the_object_lives_and_goes_with_it`, `marks::what_only_lists_show_displaces_no_place_and_lets_nothing_grow` |
//! | crash after PUT; crash after the finalizer | `moves::a_creation_that_was_stopped_at_any_step_ends_with_one_key_whatever_is_lost`, `crashes::creation_ends_with_one_key_whatever_crashes`, `crashes::a_deletion_in_the_middle_of_creation_leaves_nothing_in_azure` |
//! | status wiped | `status::a_wiped_status_is_written_again_without_a_write_to_azure`, `crashes::a_wiped_status_changes_nothing` |
//! | status restored | `status::a_status_from_before_a_move_brings_no_old_place_back_and_loses_no_new_one`, `status::a_key_that_moved_to_another_group_is_found_there_when_status_and_metadata_are_from_before` |
//! | status of another uid | `status::a_status_of_another_uid_says_nothing` |
//! | status forged by a `*` Role | `status::a_forged_status_reaches_no_key_of_anothers`, `status::a_forged_fingerprint_makes_no_key_of_anothers_this_objects`, `public_keys::a_followed_key_is_never_written_or_deleted_whatever_the_status_says`, `limits::without_leave_to_adopt_a_forged_adoption_gives_no_right_to_a_key_without_a_mark` |
//! | move and crash at each step | `moves::a_move_that_was_stopped_at_any_step_ends_in_one_place_or_takes_both_along`, `moves::an_object_that_is_deleted_in_the_middle_of_a_move_leaves_neither_place_wherever_that_is_stopped`, `moves::a_mind_that_changes_in_the_middle_of_a_move_ends_where_the_last_spec_says`, `moves::a_list_that_lags_makes_no_place_forgotten`, `moves::a_seventeenth_place_is_refused_and_no_other_is_forgotten`, and `whatever_crashes_on_the_way_no_key_is_left_behind` in the file `moves.rs` of the plan's tests |
//! | store switched | `stores::a_switched_store_moves_the_key_and_leaves_nothing_in_the_other_subscription` |
//! | store re-created with another subscription | `stores::a_store_that_was_created_again_with_another_subscription_is_not_asked_about_the_old_one` |
//! | store deleted first | `stores::a_store_that_is_deleted_first_is_waited_for_whatever_the_hints_say`, `deletion::a_missing_store_holds_the_object_and_the_message_names_the_way_out` |
//! | limits tightened, store closed to the namespace | `limits::a_marked_key_beyond_limits_that_were_tightened_is_not_changed_and_goes_with_its_object`, `limits::beyond_the_limits_nothing_is_asked_that_mark_and_status_do_not_both_vouch_for`, `limits::a_key_that_comes_back_within_the_limits_goes_on`, `limits::an_adopted_key_stays_when_adoption_is_no_longer_allowed`, `tenants::what_is_not_allowed_any_more_is_not_changed_and_can_still_be_deleted` |
//! | own AzureStore on the same group as a ClusterAzureStore | `stores::a_store_of_ones_own_reaches_no_key_that_others_have_in_the_same_group`, `stores::a_key_that_passes_from_the_clusters_store_to_the_namespaces_own_stays_one_key`, `stores::the_same_place_through_two_stores_belongs_to_whoever_marked_it` |
//! | uploaded key equal to a stranger's | `public_keys::an_uploaded_key_that_equals_a_strangers_gives_no_right_to_that`, `public_keys::an_imported_key_and_a_forged_fingerprint_give_no_right_to_a_strangers` (ignored: not held yet) |
//! | prepared Secret of that name | `secrets::a_secret_that_is_not_this_objects_is_neither_used_nor_changed_nor_deleted`, `secrets::a_secret_of_anothers_in_the_place_of_the_key_changes_nothing_in_azure`, `secrets::a_prepared_secret_that_records_this_name_is_taken_up_and_that_is_told`, `secrets::a_secret_from_before_the_namespace_was_recorded_needs_a_witness`, `secrets::a_secret_is_adopted_with_other_entries_only_by_its_own_word_and_never_deleted_then` |
//! | prepared Secret of `-next` | `secrets::former_keys_that_were_prepared_for_a_new_object_are_kept_and_not_trusted`, `rotation::a_name_that_is_somebody_elses_stops_the_rotation_and_nothing_else`, `rotation::what_another_operator_staged_too_late_does_not_take_over` |
//! | prepared Secret of `-previous` | `secrets::former_keys_that_were_prepared_for_a_new_object_are_kept_and_not_trusted`, `secrets::an_entry_that_a_person_adds_to_the_former_keys_is_kept_not_trusted_and_not_counted` |
//! | Secret copied from another namespace | `secrets::a_secret_that_is_not_this_objects_is_neither_used_nor_changed_nor_deleted`, `recreated::a_restore_into_another_namespace_is_an_object_of_its_own` |
//! | abandon | `leaving::an_object_that_is_given_up_says_what_it_leaves_whatever_its_hints_say`, `leaving::giving_up_does_nothing_to_an_object_that_lives`, `deletion::who_gives_up_on_azure_gives_up_on_what_refuses_to_go_too` |
//! | namespace in deletion (Secrets go first: the fingerprint in status is the witness) | `leaving::a_namespace_that_goes_takes_its_key_along_although_hints_marks_and_secrets_went_first`, `leaving::a_key_without_mark_and_secret_stays_unless_its_namespace_goes`, `leaving::a_namespace_that_goes_takes_no_key_of_anothers_along`, `leaving::a_namespace_that_goes_without_its_store_leaves_both_places_of_a_move_and_names_them`, `deletion::a_namespace_in_deletion_is_held_no_longer_than_its_time` |
//! | rollback and older CRD | `upgrades::a_rollback_finds_the_hints_as_they_were_and_places_are_rebuilt_from_marks_after_it`, `upgrades::with_definitions_that_keep_no_places_nothing_is_published_and_nothing_is_lost`, `upgrades::what_an_older_operator_left_is_taken_over_by_a_patch_and_a_status`, `upgrades::what_an_older_operator_left_is_taken_over_in_whatever_state_it_is` |
//! | two operators | `moves::two_operators_make_one_key_in_one_place` |

mod acts;
mod hints;
mod leaving;
mod limits;
mod marks;
mod moves;
mod public_keys;
mod recreated;
mod replaced;
mod secrets;
mod status;
mod stores;
mod upgrades;
