// HPKE of guilds against RFC 9180, appendix A.1.1, and against the library that it stands in for, both ways.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { getCiphersuiteFromName, getCiphersuiteImpl } from 'ts-mls';
import { hpke, sealTo } from '../../../node/guild/keys/hpke.ts';
import { fromHex, toHex, utf8 } from '../../../protocol/bytes/index.ts';

const NAME = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519';
/** RFC 9180, A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, the message with sequence number 0. */
const RFC = {
  ikmR: '6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037',
  pkRm: '3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d',
  skRm: '4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8',
  skEm: '52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736',
  enc: '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431',
  info: '4f6465206f6e2061204772656369616e2055726e',
  aad: '436f756e742d30',
  pt: '4265617574792069732074727574682c20747275746820626561757479',
  ct: 'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
};

describe('HPKE of guilds', () => {
  it('is that of RFC 9180', async () => {
    const pair = await hpke.deriveKeyPair(fromHex(RFC.ikmR));
    assert.equal(toHex(await hpke.exportPublicKey(pair.publicKey)), RFC.pkRm);
    assert.equal(toHex(await hpke.exportPrivateKey(pair.privateKey)), RFC.skRm);
    const message = { plain: fromHex(RFC.pt), info: fromHex(RFC.info), aad: fromHex(RFC.aad) };
    const { ct, enc } = sealTo(fromHex(RFC.pkRm), message, fromHex(RFC.skEm));
    assert.deepEqual([toHex(ct), toHex(enc)], [RFC.ct, RFC.enc]);
    const own = await hpke.importPrivateKey(fromHex(RFC.skRm));
    assert.equal(toHex(await hpke.open(own, enc, ct, message.info, message.aad)), RFC.pt);
  });

  it('speaks with the library, both ways, and to nobody else', async () => {
    const library = (await getCiphersuiteImpl(getCiphersuiteFromName(NAME))).hpke;
    const bytes = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(bytes, bytes, bytes, fc.boolean(), async (plain, info, aad, swap) => {
        const [sender, receiver] = swap ? [library, hpke] : [hpke, library];
        const { privateKey, publicKey } = await receiver.generateKeyPair();
        const raw = await receiver.exportPublicKey(publicKey);
        const { ct, enc } = await sender.seal(await sender.importPublicKey(raw), plain, info, aad);
        assert.deepEqual(
          Buffer.from(await receiver.open(privateKey, enc, ct, info, aad)),
          Buffer.from(plain),
        );
        const exported = await sender.exportSecret(await sender.importPublicKey(raw), aad, 32, info);
        assert.deepEqual(
          Buffer.from(await receiver.importSecret(privateKey, aad, exported.enc, 32, info)),
          Buffer.from(exported.secret),
        );
        const other = await hpke.generateKeyPair();
        if (receiver === hpke) await assert.rejects(hpke.open(other.privateKey, enc, ct, info, aad));
        const changed = ct.slice();
        changed[0]! ^= 1;
        await assert.rejects(receiver.open(privateKey, enc, changed, info, aad));
      }),
      { numRuns: 20 },
    );
  });

  it('refuses keys of a wrong length and of small order', async () => {
    await assert.rejects(hpke.importPublicKey(new Uint8Array(31)));
    await assert.rejects(hpke.importPrivateKey(new Uint8Array(33)));
    const { privateKey } = await hpke.generateKeyPair();
    for (const order of ['00'.repeat(32), `01${'00'.repeat(31)}`]) {
      const small = await hpke.importPublicKey(fromHex(order));
      await assert.rejects(hpke.seal(small, utf8('x'), utf8('')));
      await assert.rejects(hpke.open(privateKey, fromHex(order), new Uint8Array(32), utf8('')));
    }
  });
});
