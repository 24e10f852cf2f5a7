// From measurements to prices: whole millionths, rounded up once a unit, bounded by a ceiling.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import * as m from '../../../protocol/metering/index.ts';
import { refused } from '../../support/agents.ts';

const EUR = { currency: 'EUR' } as const;
const PRICES = [
  { unit: 'request', amount: '1500', currency: 'EUR' },
  { unit: 'fuel', amount: '3', currency: 'EUR', per: '1000000' },
  { unit: 'byte', amount: '7', currency: 'EUR', per: '1000' },
  { unit: 'gb-second', amount: '20', currency: 'EUR' },
] as const;

describe('protocol/metering', () => {
  it('adds up each unit first and rounds it up once', () => {
    const parts = [m.meterFuel(400_000n), m.meterFuel(600_001n), m.meterRelayed({ up: 300, down: 701n })];
    const charge = m.chargeFor(
      [m.meterRequests(2), ...parts, m.meterMemory(1_000_000_000, 1_500)],
      PRICES,
      EUR,
    );
    assert.deepEqual(
      charge.lines.map(({ unit, amount }) => [unit, amount]),
      [
        ['request', 3_000n],
        ['fuel', 4n],
        ['byte', 8n],
        ['gb-second', 30n],
      ],
    );
    assert.equal(charge.amount, 3_042n);
    assert.match(charge.digest, /^sha256:[0-9a-f]{64}$/);
  });

  it('never charges less than the exact price, nor a whole millionth more', () => {
    const natural = fc.bigInt({ min: 0n, max: 2n ** 70n });
    fc.assert(
      fc.property(natural, natural, fc.bigInt({ min: 1n, max: 2n ** 60n }), (fuel, amount, per) => {
        const price = { unit: 'fuel', amount: String(amount), currency: 'EUR', per: String(per) } as const;
        const charged = m.priceOf(m.meterFuel(fuel), price);
        assert.ok(charged * per >= fuel * amount && (charged - 1n) * per < fuel * amount);
      }),
    );
  });

  it('refuses more than the ceiling, a currency that is not sold, and quantities below zero', () => {
    const [fuel] = [m.meterFuel(10_000_000n)];
    assert.equal(m.chargeFor([fuel], PRICES, { ...EUR, ceiling: 30n }).amount, 30n);
    assert.throws(() => m.chargeFor([fuel], PRICES, { ...EUR, ceiling: 29n }), refused('PRICE_REFUSED'));
    assert.throws(() => m.chargeFor([fuel], PRICES, { currency: 'USD' }), refused('PRICE_REFUSED'));
    assert.throws(() => m.meterBytes(-1), refused('DECODE_FAILED'));
    assert.equal(m.chargeFor([m.meterTokens(5)], PRICES, EUR).amount, 0n);
    assert.equal(m.chargeFor([fuel], [], EUR).amount, 0n);
  });
});
