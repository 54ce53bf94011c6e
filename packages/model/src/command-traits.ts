import { z } from 'zod';
import { field } from './field.ts';

/**
 * What a command line does, in fixed words that rules ask for. They say what was seen in the structure of the
 * command, not how bad it is: that is said by rules.
 */
export const COMMAND_TRAITS = [
  // shells and code
  'reverse_shell',
  'netcat',
  'network_socket',
  'network_listener',
  'tunnel',
  'shell_escape',
  'unusual_shell',
  'interpreter_started',
  'program_escape',
  'library_loaded',
  'python_code',
  'management_code',
  'inline_code',
  'code_opens_file',
  'decoded',
  'encoded_payload',
  'disguised',
  'beyond_bounds',
  // downloads and uploads
  'download_and_run',
  'known_installer',
  'risky_download',
  'plain_download',
  'upload',
  'data_sent',
  // files
  'hashes_read',
  'hash_of_one_read',
  'hashes_copied_to_backup',
  'credential_read',
  'credential_search',
  'sensitive_archive',
  'read_by_detour',
  'written_by_detour',
  'hidden_file',
  'temporary_program',
  'world_writable',
  'time_changed',
  // persistence
  'timetable_changed',
  'timetable_edited',
  'timetable_rewritten',
  'timetable_file_written',
  'job_scheduled',
  'service_written',
  'service_installed',
  'start_file_written',
  'login_keys_written',
  'sudoers_written',
  'accounts_written',
  'preload_set',
  'pam_changed',
  'trust_anchor_added',
  // privileges and the kernel
  'setuid_set',
  'capability_set',
  'module_loaded',
  'kernel_setting',
  'memory_read',
  // covering tracks
  'log_removed',
  'log_setting',
  'history_cleared',
  'protection_off',
  'destruction',
  // containers, mining, tools
  'container_escape',
  'miner',
  'attack_tool',
] as const;

export type CommandTrait = (typeof COMMAND_TRAITS)[number];

/** Two fields of an event, which follow from its command. */
export const commandPrograms = field(z.array(z.string().max(64)).max(32).optional(), {
  ours: true,
  description:
    'Programs that command runs, without folders, lower case; also those behind sudo, sh -c, pipes and the like',
  type: 'keyword',
});
export const commandTraits = field(
  z.array(z.enum(COMMAND_TRAITS)).max(COMMAND_TRAITS.length).optional(),
  {
    ours: true,
    description: 'What command does, in fixed words that follow from its structure',
    type: 'keyword',
  },
);
