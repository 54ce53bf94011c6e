/** `sensor add NAME [HOST…]`, `sensor revoke NAME`, `sensor list`. */
import { UsageError } from '@mini-soc/model';
import type { AskElasticsearch } from './ask-elasticsearch.ts';
import { addSensor, listSensors, revokeSensor } from './sensors.ts';

const USAGE = 'Expected "sensor add NAME [HOST…]", "sensor revoke NAME" or "sensor list"';

/** Returns what is printed. */
export async function runSensorCommand(
  ask: AskElasticsearch,
  words: readonly string[],
): Promise<string> {
  const [verb, name, ...hosts] = words;
  if (verb === 'list' && name === undefined) {
    const sensors = await listSensors(ask);
    if (sensors.length === 0) return 'No sensors\n';
    return sensors.map((one) => `${one.name}  speaks for ${one.hosts.join(', ')}\n`).join('');
  }
  if (name === undefined) throw new UsageError(USAGE);
  if (verb === 'revoke' && hosts.length === 0) {
    await revokeSensor(ask, name);
    return `Sensor ${name} is revoked: Elasticsearch refuses it\n`;
  }
  if (verb !== 'add') throw new UsageError(USAGE);
  const { username, password, isRenewed } = await addSensor(ask, { name, hosts });
  return [
    isRenewed
      ? `# Sensor ${name} has a new password; the earlier one is refused`
      : `# Sensor ${name} is made`,
    `ELASTICSEARCH_USERNAME=${username}`,
    `ELASTICSEARCH_PASSWORD=${password}`,
    '',
  ].join('\n');
}
