// Greetings: the connection proves which peer speaks, its pass which agent that peer speaks for, and the agreements what each gives the
// other. Who was not added here is refused; adding a partner is the consent to what it gives.

import type { PeerId } from '@libp2p/interface';
import { encodeEnvelope, seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import {
  type Agreement,
  type DocumentAuthor,
  type Pass,
  signConsent,
  signPass,
  verifyAgreement,
  verifyConsent,
  verifyPass,
} from '../../protocol/partner/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { Clock } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { Logger } from '../logger/index.ts';
import type { Rpc, RpcProtocol } from '../rpc/index.ts';
import { Serial } from '../serial.ts';
import { PASS_MS } from './limits.ts';
import type { Partner, PartnerBook, Signed } from './partner-book.ts';
import { decodeGreeting, encodeGreeting, type Greeting, greetingProtocol } from './wire.ts';

/** Greetings in a row: the second carries the consent to what the first brought. */
const ROUNDS_MAX = 2;

export interface GreeterDeps {
  readonly rpc: Rpc;
  readonly vault: AgentVault;
  readonly book: PartnerBook;
  readonly clock: Clock;
  readonly log: Logger;
  readonly peerId: string;
  readonly network: string;
  /** The policy's word on the peer that speaks for a partner. */
  readonly allows: (peerId: string) => {
    readonly allow: boolean;
    readonly detail: string;
    readonly decision: string;
  };
  /** Why the agent or the key that signed a pass is known to be revoked; undefined when it is not. */
  readonly revoked: (pass: Pass) => string | undefined;
  /** Told when a partner has proven who it is. */
  readonly onGreeted: (partner: Partner) => void;
}

/** Both sides of a greeting. */
export class Greeter {
  readonly #deps: GreeterDeps;
  readonly #protocol: RpcProtocol;
  readonly #serial = new Serial();

  constructor(deps: GreeterDeps) {
    this.#deps = deps;
    this.#protocol = greetingProtocol(deps.network);
  }

  get protocolId(): string {
    return this.#protocol.id;
  }

  async start(): Promise<void> {
    await this.#deps.rpc.handle(this.#protocol, async (request, peer) => {
      const greeting = decodeGreeting(request);
      const { agent } = this.#verifyPass(greeting, peer);
      const partner = this.#deps.book.find(agent);
      if (partner === undefined) throw new ZeroError('PARTNER_REFUSED', `${agent} is no partner here`);
      return encodeGreeting(this.#greetingTo(await this.#take(partner, greeting, peer)));
    });
  }

  /** Who signs for an own agent. Throws NOT_OWNER. */
  author(agentId: AgentId): DocumentAuthor {
    const { keychain, operationalSeed } = this.#deps.vault.get(agentId);
    return { agentId, keychain, signers: [seedSigner(operationalSeed)] };
  }

  /** Greets a partner's peer; twice where its agreement is new here. Throws PARTNER_REFUSED, AGREEMENT_INVALID, PEER_UNREACHABLE. */
  async greet(partner: Partner, peer: PeerId): Promise<Partner> {
    const { book, rpc } = this.#deps;
    for (let round = 0; ; round++) {
      const before = book.get(partner.agent);
      const sent = encodeGreeting(this.#greetingTo(before));
      const greeting = decodeGreeting(await rpc.call(peer, this.#protocol, sent));
      const { agent } = this.#verifyPass(greeting, peer);
      if (agent !== partner.agent)
        throw new ZeroError('AGREEMENT_INVALID', `the peer speaks for ${agent} and not for ${partner.agent}`);
      const after = await this.#take(book.get(agent), greeting, peer);
      // The partner has to learn of the consent to what it gave just now.
      if (before.taken?.consent?.id === after.taken?.consent?.id || round >= ROUNDS_MAX) return after;
    }
  }

  #verifyPass({ pass }: Greeting, peer: PeerId) {
    const { allows, clock, network, revoked } = this.#deps;
    const { allow, decision, detail } = allows(peer.toString());
    if (!allow)
      throw new ZeroError('PARTNER_REFUSED', `the policy of this node refuses the partner: ${detail}`, {
        details: { decision },
      });
    const verified = verifyPass(pass, { peer: peer.toString(), network, now: clock.now() });
    const why = revoked(verified);
    if (why !== undefined) throw new ZeroError('PARTNER_REFUSED', `${verified.agent} is revoked: ${why}`);
    return verified;
  }

  #greetingTo(partner: Partner): Greeting {
    const { clock, network, peerId } = this.#deps;
    const now = clock.now();
    const author = this.author(partner.self);
    const pass = signPass(author, { peers: [peerId], network, notAfterMs: now + PASS_MS }, now);
    const consent = partner.taken?.consent ?? null;
    return {
      pass: encodeEnvelope(pass),
      given: encodeEnvelope(partner.given.agreement.envelope),
      consent: consent === null ? null : encodeEnvelope(consent.envelope),
    };
  }

  /** Takes what a partner said, on disk before it is answered. */
  async #take({ agent }: Partner, greeting: Greeting, peer: PeerId): Promise<Partner> {
    const { book, onGreeted } = this.#deps;
    const partner = await this.#serial.run(agent, async () => {
      const before = book.get(agent);
      const pass = this.#verifyPass(greeting, peer);
      const taken = this.#takeAgreement(before, greeting);
      const given = takeConsent(before.given, greeting);
      const isSame =
        taken === before.taken &&
        given === before.given &&
        before.peers.join() === pass.peers.join() &&
        before.passUntilMs > this.#deps.clock.now() + PASS_MS / 2;
      if (isSame) return before;
      return await book.change(agent, { peers: pass.peers, passUntilMs: pass.notAfterMs, taken, given });
    });
    await book.note(agent, { kind: 'met' });
    onGreeted(partner);
    return book.get(agent);
  }

  #takeAgreement(partner: Partner, { given }: Greeting): Signed {
    const { clock, log } = this.#deps;
    const agreement: Verified<Agreement> = verifyAgreement(given, clock.now());
    if (agreement.agent !== partner.agent || agreement.grantee !== partner.self)
      throw new ZeroError('AGREEMENT_INVALID', 'the agreement is of other agents');
    const known = partner.taken;
    if (known !== null && known.agreement.id === agreement.id) return known;
    if (known !== null && agreement.sequence <= known.agreement.sequence)
      throw new ZeroError('AGREEMENT_INVALID', 'the agreement is older than the one known here');
    const consent = verifyConsent(
      encodeEnvelope(signConsent(this.author(partner.self), agreement, clock.now())),
      agreement,
    );
    log.info({ partner: partner.agent, agreement: agreement.id }, 'a partner’s agreement is consented to');
    return { agreement, consent };
  }
}

function takeConsent(given: Signed, { consent }: Greeting): Signed {
  if (consent === null || given.consent !== null) return given;
  try {
    return { agreement: given.agreement, consent: verifyConsent(consent, given.agreement) };
  } catch (error) {
    // To the agreement before this one: the partner learns of the new one by the answer.
    if ((error as { code?: string }).code === 'AGREEMENT_INVALID') return given;
    throw error;
  }
}
