// The certificate chain that baileys asks for in the handshake. The root is the stand-in's own, made anew at each start:
// it can impersonate nobody, and baileys takes it because it checks the serial number and not whose signature it is.

import { Curve, WA_CERT_DETAILS, proto } from 'baileys';

const Details = proto.CertChain.NoiseCertificate.Details;
const root = Curve.generateKeyPair();
const intermediate = Curve.generateKeyPair();

/** @param {Uint8Array} staticKey the server's key of this connection */
export function certify(staticKey) {
  const leaf = Details.encode({ serial: 2, issuerSerial: 1, key: staticKey }).finish();
  const between = Details.encode({ serial: 1, issuerSerial: WA_CERT_DETAILS.SERIAL, key: intermediate.public }).finish();
  return proto.CertChain.encode({
    leaf: { details: leaf, signature: Curve.sign(intermediate.private, leaf) },
    intermediate: { details: between, signature: Curve.sign(root.private, between) },
  }).finish();
}
