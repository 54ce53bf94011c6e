export { field, describeFields } from './field.ts';
export type { FieldDescription, FieldFacts, FieldType } from './field.ts';
export { COMMAND_TRAITS } from './command-traits.ts';
export type { CommandTrait } from './command-traits.ts';
export {
  eventSchema,
  EVENT_FIELDS,
  EVENT_FLAGS,
  EVENT_STATUSES,
  GROUND_TRUTH_FIELDS,
  LOG_TYPES,
} from './event.ts';
export { eventFieldName } from './event-names.ts';
export type { SocEvent, ParsedEvent, EventField } from './event.ts';
export { JSON_FIELDS, jsonField } from './json-fields.ts';
export type { JsonField } from './json-fields.ts';
export {
  alertSchema,
  alertDetailsSchema,
  alertResponseSchema,
  enrichmentSchema,
  evidenceSchema,
  laneNameSchema,
  severitySchema,
  responseActionSchema,
  compareSeverity,
  hasClimbed,
  ALERT_FIELDS,
  ALERT_STATUSES,
  RESPONSE_ACTIONS,
  SEVERITIES,
} from './alert.ts';
export type { Alert, Enrichment, ResponseAction, Severity } from './alert.ts';
export { compareProof, FLAG_EFFECTS, PROOFS, SOURCES, WRITERS } from './trust.ts';
export type { EventFlagName, FlagEffect, Proof, SourceName, SourceTrust, Writer } from './trust.ts';
export { ENRICHMENT_LANE, RESPONSE_LANE, waitsFor, withWaiting } from './waiting.ts';
export type { WaitingFields } from './waiting.ts';
export { decisionSchema } from './decision.ts';
export type { Decision } from './decision.ts';
export type { Position, PositionMove } from './position.ts';
export { blockSchema, BLOCK_FIELDS } from './block.ts';
export type { Block } from './block.ts';
export { AppError, ConfigError, StoreError, UsageError, isRetryable, messageOf } from './errors.ts';
export { describePassing, isPassing } from './passing-fault.ts';
export type { AppErrorOptions } from './errors.ts';
export { backoffMs, type Backoff } from './backoff.ts';
export { durationSchema, formatDuration, parseDuration } from './duration.ts';
export {
  ruleExtensionSchema,
  ruleSummarySchema,
  WEEKDAYS,
  ruleTestSchema,
  ruleTestStepSchema,
  RULE_EXTENSION_KEY,
} from './rule.ts';
export type { RuleSummary } from './rule.ts';
export {
  formatIpAddress,
  parseIpAddress,
  parseIpRange,
  readIpAddress,
  isInRange,
} from './ip-address.ts';
export { networkOf } from './ip-network.ts';
export type { NetworkWidth } from './ip-network.ts';
export type { IpAddress, IpRange, ParsedIpAddress } from './ip-address.ts';
export { LIMITS, LIMIT_NAMES, countedLimits, ignoreLimits } from './limits.ts';
export type { Limit, LimitListener, LimitName, LimitPart, LimitTells } from './limits.ts';
export { isSelfTestFile, SELF_TEST_FILES, selfTestFileName } from './self-test-file.ts';
export { SETTINGS, parseSettings } from './settings.ts';
export { PERMISSIONS, SERVICE_PAIRS } from './permissions.ts';
export type { Permission, ServicePair } from './permissions.ts';
export { SERVICES, serviceNamed } from './services.ts';
export type { CalledService, ListeningService, ServiceFacts, ServiceName } from './services.ts';
export { FIREWALLS } from './settings/response.ts';
export type { Settings, SettingName } from './settings.ts';
export { isTokenDigest, weaknessOfToken } from './token-strength.ts';
export { actSchema, type Act } from './act.ts';
export { safeJson, UNSAFE_CHARACTERS } from './safe-json.ts';
