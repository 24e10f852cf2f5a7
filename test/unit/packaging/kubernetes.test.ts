// The manifests for two regions: every document fits the schema of its kind, and each node runs as nobody in particular, with a file system
// that it cannot change, bounded, probed where it tells the truth, and let alone by everybody but other nodes.

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { buildProgram } from '../../../bin/program.ts';
import { completeConfig, configFromEnv, configKeys } from '../../../node/config/index.ts';
import { faultOf } from '../../support/command-lines.ts';
import { faultsOf, type Manifest, manifestsOf } from '../../support/kubernetes.ts';

const FOLDER = join(import.meta.dirname, '../../../packaging/kubernetes');
const read = (path: string) => readFileSync(join(FOLDER, path), 'utf8');
const REGIONS = ['eu-west', 'us-east'];
const files = globSync('**/*.yaml', { cwd: FOLDER });
const manifests = new Map(
  files.filter((file) => !file.endsWith('kustomization.yaml')).map((file) => [file, manifestsOf(read(file))]),
);
const all = [...manifests.values()].flat();
const ofKind = (kind: string) => all.filter((one) => one.kind === kind);
const sets = ofKind('StatefulSet');

interface Container {
  readonly args: string[];
  readonly env: { name: string; value?: string }[];
  readonly envFrom: { configMapRef: { name: string; optional?: boolean } }[];
  readonly ports: { name: string; containerPort: number }[];
  readonly volumeMounts: { name: string; mountPath: string }[];
  readonly [key: string]: unknown;
}
const containerOf = (set: Manifest): Container => {
  const [container, ...more] = set.spec.template.spec.containers;
  assert.deepEqual(more, []);
  return container;
};

describe('the manifests for Kubernetes', () => {
  it('fit the schema of their kind, every field', () => {
    assert.ok(all.length >= 14, `${all.length} documents`);
    for (const [file, documents] of manifests)
      for (const one of documents)
        assert.deepEqual(faultsOf(one), [], `${file}: ${one.kind} ${one.metadata.name}`);
  });

  it('the schema finds a field that is missing, one of the wrong type, and one that nobody knows', () => {
    const spoil = (change: (set: Manifest) => void) => {
      const set = structuredClone(sets[0]) as Manifest;
      change(set);
      return faultsOf(set).join('; ');
    };
    assert.match(
      spoil((set) => {
        delete set.spec.selector;
      }),
      /selector/,
    );
    assert.match(
      spoil((set) => {
        set.spec.replicas = 'two';
      }),
      /replicas must be/,
    );
    assert.match(
      spoil((set) => {
        set.spec.template.spec.containers[0].livenessProb = {};
      }),
      /livenessProb: no schema knows/,
    );
    assert.match(faultsOf({ ...(sets[0] as Manifest), apiVersion: 'apps/v9' }).join(), /no StatefulSet in/);
  });

  it('are two regions, each a namespace of its own with the same nodes', () => {
    for (const region of REGIONS) {
      const { namespace, resources } = parse(read(`${region}/kustomization.yaml`)) as {
        namespace: string;
        resources: string[];
      };
      const own = manifests.get(join(region, 'region.yaml')) ?? [];
      const named = own.find(({ kind }) => kind === 'Namespace')?.metadata;
      assert.deepEqual([namespace, named?.name], [`zerostate-${region}`, `zerostate-${region}`]);
      assert.equal(named?.labels?.['pod-security.kubernetes.io/enforce'], 'restricted');
      const env = own.find(({ metadata }) => metadata.name === 'zerostate-region')?.data;
      assert.equal(completeConfig(configFromEnv(env ?? {})).region, region);
      for (const resource of resources) assert.ok(existsSync(join(FOLDER, region, resource)), resource);
    }
    const base = parse(read('base/kustomization.yaml')) as { resources: string[] };
    const there = files.filter((file) => dirname(file) === 'base' && !file.endsWith('kustomization.yaml'));
    assert.deepEqual(base.resources.map((name) => join('base', name)).sort(), there.sort());
  });

  it('start a command that exists, and say nothing that the configuration does not know', () => {
    const program = buildProgram('zerostate');
    const known = new Set([...configKeys().map(({ env }) => env), 'ZEROSTATE_HOME']);
    const said = ofKind('ConfigMap').flatMap(({ data }) => Object.keys(data ?? {}));
    for (const set of sets) {
      const { args, env } = containerOf(set);
      assert.equal(faultOf(program, args.join(' ')), undefined);
      said.push(...env.map(({ name }) => name));
      // Kubernetes would add ZEROSTATE_BOOT_PORT=tcp://… and the like for its services.
      assert.equal(set.spec.template.spec.enableServiceLinks, false);
    }
    assert.ok(said.length > 8);
    assert.deepEqual(
      said.filter((name) => !known.has(name)),
      [],
    );
    const maps = new Set(ofKind('ConfigMap').map(({ metadata }) => metadata.name));
    for (const { configMapRef } of sets.flatMap((set) => containerOf(set).envFrom))
      assert.ok(maps.has(configMapRef.name), configMapRef.name);
  });

  it('run as nobody in particular, without rights, on a file system that they cannot change', () => {
    assert.deepEqual(sets.map(({ metadata }) => metadata.name).sort(), ['zerostate-boot', 'zerostate-edge']);
    for (const set of sets) {
      const { automountServiceAccountToken, securityContext, volumes } = set.spec.template.spec;
      const { runAsNonRoot, runAsUser, seccompProfile } = securityContext;
      assert.deepEqual(
        [runAsNonRoot, runAsUser, seccompProfile.type, automountServiceAccountToken],
        [true, 1000, 'RuntimeDefault', false],
      );
      const container = containerOf(set);
      assert.deepEqual(container.securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      for (const bound of ['requests', 'limits'] as const) {
        const { cpu, memory } = (container.resources as Record<string, Record<string, string>>)[bound] ?? {};
        assert.ok(cpu !== undefined && memory !== undefined, bound);
      }
      // What it writes goes to its claim and to a bounded scratch, and nowhere else.
      const claims = set.spec.volumeClaimTemplates.map((one: Manifest) => one.metadata.name);
      const scratch = volumes.map((one: { name: string; emptyDir: { sizeLimit: string } }) => {
        assert.ok(one.emptyDir.sizeLimit);
        return one.name;
      });
      assert.deepEqual(container.volumeMounts.map(({ name }) => name).sort(), [...claims, ...scratch].sort());
    }
  });

  it('ask for life and readiness where a node tells them, at a port that is its own', () => {
    for (const set of sets) {
      const container = containerOf(set);
      const ports = Object.fromEntries(
        container.ports.map(({ name, containerPort }) => [name, containerPort]),
      );
      assert.deepEqual(ports, { p2p: 4001, api: completeConfig({}).api.port });
      const asks = (name: string) => (container[name] as { httpGet: object }).httpGet;
      assert.deepEqual(asks('livenessProbe'), { path: '/livez', port: 'api' });
      assert.deepEqual(asks('startupProbe'), { path: '/livez', port: 'api' });
      assert.deepEqual(asks('readinessProbe'), { path: '/readyz', port: 'api' });
    }
  });

  it('are reached by other nodes alone, and drained one at a time', () => {
    const [policy, ...more] = ofKind('NetworkPolicy');
    assert.deepEqual(more, []);
    const { egress, ingress, podSelector, policyTypes } = policy?.spec ?? {};
    assert.deepEqual(policyTypes, ['Ingress', 'Egress']);
    const names = sets.map(({ metadata }) => metadata.name).sort();
    assert.deepEqual([...podSelector.matchExpressions[0].values].sort(), names);
    interface Rule {
      from?: unknown[];
      ports: { port: string | number }[];
    }
    const open = (ingress as Rule[]).filter(({ from }) => from === undefined);
    assert.deepEqual(
      open.flatMap(({ ports }) => ports.map(({ port }) => port)),
      ['p2p'],
    );
    assert.ok(JSON.stringify(egress).includes('169.254.0.0/16'), 'not the metadata of the cloud');
    for (const name of names) {
      const budget = ofKind('PodDisruptionBudget').find(({ metadata }) => metadata.name === name);
      assert.equal(budget?.spec.maxUnavailable, 1);
      const service = ofKind('Service').find(({ metadata }) => metadata.name === name);
      const set = sets.find(({ metadata }) => metadata.name === name);
      assert.equal(set?.spec.serviceName, name);
      assert.equal(service?.spec.clusterIP, 'None');
      for (const selector of [budget?.spec.selector.matchLabels, service?.spec.selector])
        assert.deepEqual(selector, set?.spec.template.metadata.labels);
    }
    // A boot node is called upon before it has peers, or nobody would ever become ready.
    for (const service of ofKind('Service').filter(({ metadata }) =>
      metadata.name.startsWith('zerostate-boot'),
    ))
      assert.equal(service.spec.publishNotReadyAddresses, true);
  });
});
