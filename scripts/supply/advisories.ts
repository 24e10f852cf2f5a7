// Reads what `npm audit --json` says: which packages have known vulnerabilities, or that nobody could be asked. Pure.

/** One vulnerable package. */
export interface Advisory {
  readonly name: string;
  readonly severity: string;
  readonly range: string;
  /** Titles of the advisories, or the packages through which they come. */
  readonly because: readonly string[];
}

/** The answer of the registry. */
export type Audit =
  | { readonly asked: true; readonly advisories: readonly Advisory[] }
  | { readonly asked: false; readonly why: string };

/** From mild to grave, as npm calls them. */
export const SEVERITIES = ['info', 'low', 'moderate', 'high', 'critical'] as const;

interface Report {
  message?: string;
  error?: { summary?: string };
  vulnerabilities?: Record<string, { severity: string; range: string; via: (string | { title: string })[] }>;
}

/** npm's output as an audit. What is no report of vulnerabilities means that the registry was not asked, never that all is well. */
export function readAudit(stdout: string, stderr: string): Audit {
  let report: Report = {};
  try {
    report = JSON.parse(stdout) as Report;
  } catch {
    // npm writes nothing on stdout when it does not get as far as asking.
  }
  if (report.vulnerabilities === undefined) {
    const last = stderr.split('\n').find((line) => /npm (?:error|ERR!) /.test(line));
    return { asked: false, why: report.message || report.error?.summary || last || 'npm gave no answer' };
  }
  const advisories = Object.entries(report.vulnerabilities).map(([name, { range, severity, via }]) => ({
    name,
    severity,
    range,
    because: via.map((one) => (typeof one === 'string' ? one : one.title)),
  }));
  return { asked: true, advisories };
}

/** Advisories of at least a severity; one that is not known counts as the gravest. */
export function atLeast(advisories: readonly Advisory[], severity: (typeof SEVERITIES)[number]): Advisory[] {
  const rank = (name: string): number => {
    const at = (SEVERITIES as readonly string[]).indexOf(name);
    return at === -1 ? SEVERITIES.length : at;
  };
  return advisories.filter((one) => rank(one.severity) >= rank(severity));
}
