/**
 * What version 19 of ATT&CK renamed. It split the tactic Defense Evasion into Stealth and Defense Impairment
 * and gave techniques of it new ids; rules of today are tagged with them. Ids, names and tactics are
 * ATT&CK's (attack.mitre.org, version 19.1).
 */

/** One line each: id | name | tactic | id it had in version 18. */
export const SUCCESSOR_LINES: readonly string[] = [
  'T1684 | Social Engineering | stealth | T1656',
  'T1684.001 | Social Engineering: Impersonation | stealth | T1656',
  'T1684.002 | Social Engineering: Email Spoofing | stealth | T1672',
  'T1685 | Disable or Modify Tools | defense-impairment | T1562.001',
  'T1685.001 | Disable or Modify Tools: Disable or Modify Windows Event Log | defense-impairment | T1562.002',
  'T1685.002 | Disable or Modify Tools: Disable or Modify Cloud Log | defense-impairment | T1562.008',
  'T1685.003 | Disable or Modify Tools: Modify or Spoof Tool UI | defense-impairment | T1562.011',
  'T1685.004 | Disable or Modify Tools: Disable or Modify Linux Audit System Log | defense-impairment | T1562.012',
  'T1685.005 | Disable or Modify Tools: Clear Windows Event Logs | defense-impairment | T1070.001',
  'T1685.006 | Disable or Modify Tools: Clear Linux or Mac System Logs | defense-impairment | T1070.002',
  'T1686 | Disable or Modify System Firewall | defense-impairment | T1562.004',
  'T1686.001 | Disable or Modify System Firewall: Cloud Firewall | defense-impairment | T1562.007',
  'T1686.002 | Disable or Modify System Firewall: Network Device Firewall | defense-impairment | T1562.013',
  'T1686.003 | Disable or Modify System Firewall: Windows Host Firewall | defense-impairment | T1562.004',
  'T1687 | Exploitation for Defense Impairment | defense-impairment | T1211',
  'T1688 | Safe Mode Boot | defense-impairment | T1562.009',
  'T1689 | Downgrade Attack | defense-impairment | T1562.010',
  'T1690 | Prevent Command History Logging | defense-impairment | T1562.003',
];
