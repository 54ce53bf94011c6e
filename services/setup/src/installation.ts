/**
 * Who gets what in a production installation: one folder of secrets for each service, readable by the one
 * user it runs as, and one user of Elasticsearch with a role of its own.
 */

export interface IndexPrivileges {
  readonly names: readonly string[];
  readonly privileges: readonly string[];
}

export interface Role {
  readonly cluster: readonly string[];
  readonly indices: readonly IndexPrivileges[];
}

export interface ElasticsearchUser {
  readonly name: string;
  /** None for a user that Elasticsearch has built in. */
  readonly role?: Role;
  /** Roles of Elasticsearch itself. */
  readonly builtInRoles?: readonly string[];
}

export interface Member {
  readonly name: string;
  /** User id its container runs as. */
  readonly uid: number;
  /** It answers over TLS under its own name, `localhost` and these. */
  readonly answers?: boolean;
  /**
   * It knows the token of people: `known` by its digest, with which nobody can do anything; `shown` in the clear, where
   * the command line of the stack shows it to others.
   */
  readonly token?: 'known' | 'shown';
  readonly user?: ElasticsearchUser;
}

const EVENTS = ['soc-logs-*'];
const READ = ['read'];
/** To see which server it is and what its licence is, as Filebeat asks; `monitor` shows the names of all indices and tasks. */
const GREET = ['cluster:monitor/main', 'cluster:monitor/xpack/license/get'];
/**
 * Adds documents, in `_bulk` alone: each item of it is judged by its own kind. The privileges `create_doc`, `create` and
 * `index` also let their holder change mappings, and an action stands for all that begin like it.
 */
const CREATE_ONLY = ['indices:data/write/bulk', 'indices:data/write/index:op_type/create'];
/** Makes the index and adds fields to it; `manage` could delete it. The third is an action, which no privilege has alone. */
const MAKE_ONLY = ['create_index', 'view_index_metadata', 'indices:admin/mapping/put'];

/**
 * What may be done by whoever ships events: add to the days that are there, and to the dead letters. He makes no index, so
 * that nobody fills the server with them; he reads, changes and deletes nothing, his own events neither.
 */
export const SENSOR_ROLE: Role = {
  cluster: GREET,
  indices: [{ names: [...EVENTS, 'soc-dead-letters'], privileges: CREATE_ONLY }],
};

/**
 * What each service does with each index, and nothing more. `manage` of detection is for templates' sake:
 * it creates the indices, keeps their mappings and deletes whole days. The audit trail it may only make: nobody
 * deletes or changes it. `manage_ilm` is for the policy that
 * deletes them while detection is away: Elasticsearch runs a policy with the rights of who wrote it, here these.
 */
export const MEMBERS: readonly Member[] = [
  { name: 'elasticsearch', uid: 1000, answers: true },
  {
    name: 'kibana',
    uid: 1000,
    answers: true,
    user: { name: 'kibana_system' },
  },
  {
    name: 'kibana-setup',
    uid: 1000,
    user: { name: 'soc_kibana_setup', builtInRoles: ['kibana_admin'] },
  },
  {
    name: 'detection',
    uid: 1000,
    answers: true,
    token: 'known',
    user: {
      name: 'soc_detection',
      role: {
        cluster: ['monitor', 'manage_index_templates', 'manage_ilm', 'read_pipeline'],
        indices: [
          {
            names: [...EVENTS, 'soc-dead-letters'],
            privileges: ['read', 'delete', 'manage'],
          },
          {
            names: ['soc-alerts', 'soc-state'],
            privileges: ['read', 'create', 'index', 'manage'],
          },
          { names: ['soc-blocked-ips'], privileges: MAKE_ONLY },
        ],
      },
    },
  },
  {
    name: 'response',
    uid: 0,
    answers: true,
    token: 'known',
    user: {
      name: 'soc_response',
      role: {
        cluster: ['monitor'],
        indices: [
          { names: ['soc-blocked-ips'], privileges: ['read', 'create_doc', 'maintenance'] },
        ],
      },
    },
  },
  {
    name: 'enricher',
    uid: 1000,
    answers: true,
    token: 'known',
    user: {
      name: 'soc_enricher',
      role: {
        cluster: ['monitor'],
        indices: [
          { names: ['soc-alerts'], privileges: ['read', 'maintenance'] },
          { names: ['soc-blocked-ips'], privileges: READ },
        ],
      },
    },
  },
  {
    name: 'console',
    uid: 1000,
    answers: true,
    token: 'shown',
    user: {
      name: 'soc_console',
      role: {
        cluster: ['monitor'],
        indices: [{ names: [...EVENTS, 'soc-blocked-ips'], privileges: READ }],
      },
    },
  },
  {
    name: 'filebeat',
    uid: 0,
    user: { name: 'soc_filebeat', role: SENSOR_ROLE },
  },
];
