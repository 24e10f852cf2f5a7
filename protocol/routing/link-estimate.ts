// What a link costs, learned from round trips and losses: c = srtt + dev + p / (1 - p) * RTO. The first two are TCP's (RFC 6298)
// with faster gains; the last is the expected wait for what must be sent again. Each part decays to its prior, so that a link
// that nobody used is not condemned for what it was.

import { isNews } from './news.ts';

/** Time after which a third of what was learned is left: faults of relays last for tens of seconds. */
const DECAY_MS = 20_000;
/** A round trip above the mean counts for more than one below: bad news must move traffic within two samples. */
const GAIN_UP = 0.5;
const GAIN_DOWN = 0.25;
const DEVIATION_GAIN = 0.25;
/** The baseline follows a lower value at once and a higher one in so long: a fault of half a minute hardly moves it. */
const BASELINE_MS = 1_200_000;
/** A first loss may be chance, the second in a row is not: two strikes. */
const FIRST_STRIKE_GAIN = 0.05;
const STRIKE_GAIN = 0.4;
const SUCCESS_GAIN = 0.1;
/** Highest loss that is believed: the cost of a dead link is then nineteen timeouts. */
const LOSS_CEILING = 0.95;
/** RFC 6298 asks for a second; what runs on hosts today uses a fifth of it. */
const RTO_MIN_MS = 200;
/** A round trip that is believed: beyond it a demand has long been tried elsewhere. */
const RTT_MAX_MS = 60_000;
/** Samples after which confidence is nearly full. */
const SAMPLES_FOR_CONFIDENCE = 3;
/** Loss below which nothing is lost: a first loss and some ten that came through are beyond it no more. */
const LOSS_CALM = 0.02;
/** Samples without which a link is not known to be calm. */
const SAMPLES_FOR_CALM = 8;
/** Deviation of a link of which nothing is known, as a share of its round trip. */
const PRIOR_DEVIATION = 0.1;
/** Confidence fades with the age of the last sample. */
const CONFIDENCE_MS = 30_000;

/** The parts of a link's cost at one time. */
export interface LinkCost {
  readonly srttMs: number;
  readonly deviationMs: number;
  readonly lossMs: number;
}

/** What is kept of a link over a restart. */
export interface SavedLink {
  readonly baselineMs: number;
  readonly srttMs: number;
  readonly deviationMs: number;
  readonly loss: number;
  readonly samples: number;
}

/** One link as one of its ends knows it. Times are of the caller's clock. */
export class LinkEstimate {
  #baseline: number;
  #srtt: number;
  #deviation: number;
  #loss = 0;
  #strikes = 0;
  #samples = 0;
  #changedAt: number;

  constructor(priorRttMs: number, now: number) {
    this.#baseline = clamp(priorRttMs);
    this.#srtt = this.#baseline;
    this.#deviation = this.#baseline * PRIOR_DEVIATION;
    this.#changedAt = now;
  }

  /** What the link takes when nothing is wrong, in milliseconds. */
  get baselineMs(): number {
    return this.#baseline;
  }

  get lastSampleAt(): number {
    return this.#changedAt;
  }

  /**
   * What the transport itself measured last. Takes the place of a prior; of a link that was used it lowers the baseline alone, so that one that
   * was first used in a bad moment is not thought to be like that for good.
   */
  heard(rttMs: number): void {
    if (!(rttMs >= 0)) return;
    const rtt = clamp(rttMs);
    if (this.#samples > 0) {
      this.#baseline = Math.min(this.#baseline, rtt);
      return;
    }
    this.#baseline = rtt;
    this.#srtt = rtt;
    this.#deviation = rtt * PRIOR_DEVIATION;
  }

  /** A round trip came back. */
  succeeded(rttMs: number, now: number): void {
    if (!(rttMs >= 0)) return;
    const rtt = clamp(rttMs);
    const passed = Math.min(1, Math.max(0, now - this.#changedAt) / BASELINE_MS);
    this.#settle(now);
    if (this.#samples === 0) {
      this.#baseline = rtt;
      this.#srtt = rtt;
      this.#deviation = rtt * PRIOR_DEVIATION;
    } else {
      const error = rtt - this.#srtt;
      this.#deviation += DEVIATION_GAIN * (Math.abs(error) - this.#deviation);
      this.#srtt += (error > 0 ? GAIN_UP : GAIN_DOWN) * error;
      this.#baseline = rtt < this.#baseline ? rtt : this.#baseline + passed * (rtt - this.#baseline);
    }
    this.#strikes = 0;
    this.#loss *= 1 - SUCCESS_GAIN;
    this.#samples += 1;
  }

  /** Something sent over the link was lost, refused, or not acknowledged in time. */
  failed(now: number): void {
    this.#settle(now);
    this.#strikes += 1;
    this.#loss += (this.#strikes === 1 ? FIRST_STRIKE_GAIN : STRIKE_GAIN) * (1 - this.#loss);
    this.#samples += 1;
  }

  /** The parts of the cost at `now`, in milliseconds. */
  cost(now: number): LinkCost {
    const left = this.#left(now);
    const srttMs = this.#baseline + (this.#srtt - this.#baseline) * left;
    const prior = this.#baseline * PRIOR_DEVIATION;
    const deviationMs = prior + (this.#deviation - prior) * left;
    const loss = Math.min(LOSS_CEILING, this.#loss * left);
    const rto = Math.max(RTO_MIN_MS, srttMs + 4 * deviationMs);
    return { srttMs, deviationMs, lossMs: (loss / (1 - loss)) * rto };
  }

  /** The whole cost at `now`, in milliseconds. */
  costMs(now: number): number {
    const { srttMs, deviationMs, lossMs } = this.cost(now);
    return srttMs + deviationMs + lossMs;
  }

  /** Milliseconds that it takes now beyond what it takes when nothing is wrong. */
  surplusMs(now: number): number {
    return this.cost(now).srttMs - this.#baseline;
  }

  /** Is it as it usually is but for what many links take longer, as far as it was measured, and nothing lost lately? */
  isCalm(now: number, commonMs: number): boolean {
    const isSound = this.#strikes === 0 && this.#loss * this.#left(now) < LOSS_CALM;
    const aloneMs = Math.max(0, this.surplusMs(now) - commonMs);
    return isSound && this.#samples >= SAMPLES_FOR_CALM && !isNews(this.#baseline, this.#baseline + aloneMs);
  }

  /** From 0 (never measured) to 1 (measured often and lately). */
  confidence(now: number): number {
    const age = Math.max(0, now - this.#changedAt);
    return (1 - Math.exp(-this.#samples / SAMPLES_FOR_CONFIDENCE)) * Math.exp(-age / CONFIDENCE_MS);
  }

  save(now: number): SavedLink {
    this.#settle(now);
    return {
      baselineMs: round(this.#baseline),
      srttMs: round(this.#srtt),
      deviationMs: round(this.#deviation),
      loss: round(this.#loss),
      samples: Math.min(this.#samples, 1_000),
    };
  }

  /** Takes up what was saved; what is out of range is brought into it. */
  static load(saved: SavedLink, now: number): LinkEstimate {
    const link = new LinkEstimate(saved.baselineMs, now);
    link.#srtt = clamp(saved.srttMs);
    link.#deviation = clamp(saved.deviationMs);
    link.#loss = Math.min(LOSS_CEILING, Math.max(0, saved.loss));
    link.#samples = Math.max(0, Math.floor(saved.samples));
    return link;
  }

  #left(now: number): number {
    return Math.exp(-Math.max(0, now - this.#changedAt) / DECAY_MS);
  }

  // Makes the decay up to now part of the state.
  #settle(now: number): void {
    const left = this.#left(now);
    const prior = this.#baseline * PRIOR_DEVIATION;
    this.#srtt = this.#baseline + (this.#srtt - this.#baseline) * left;
    this.#deviation = prior + (this.#deviation - prior) * left;
    this.#loss *= left;
    this.#changedAt = Math.max(now, this.#changedAt);
  }
}

const clamp = (ms: number): number => (ms >= 0 ? Math.min(ms, RTT_MAX_MS) : 0);
const round = (value: number): number => Math.round(value * 1_000) / 1_000;
