// An outside judge: Bouncy Castle decides whether chains, CRLs, OCSP answers and requests are what they claim to be.
// Nothing of this project is used. Exit code 0 and one line "… ok …", or 1 and one line with the reason.
//
//   chain ROOT [INTERMEDIATE…] LEAF                 PKIX path, no revocation
//   chain-crl ROOT [INTERMEDIATE…] LEAF -- CRL…     PKIX path with revocation from these CRLs only, deltas among them
//   crl ISSUER CRL                                  signature, dates, number, entries
//   ocsp ISSUER LEAF|SERIAL RESPONSE                delegated responder, signature, dates, CertID, status, nonce
//   ocsp-request ISSUER SERIAL ALGORITHM OUT [NONCE]  writes a request; ALGORITHM is sha1, sha256 or sm3
//   csr FILE                                        proof of possession

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.oiw.OIWObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CRLEntryHolder;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPReqBuilder;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RespID;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.cert.ocsp.UnknownStatus;
import org.bouncycastle.jcajce.PKIXExtendedParameters;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.util.io.pem.PemReader;

public final class Judge {
    private static final class Verdict extends Exception {
        Verdict(String why) {
            super(why);
        }
    }

    private static final String[] REASONS = {
        "unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
        "certificateHold", "7", "removeFromCRL", "privilegeWithdrawn", "aACompromise"
    };
    private static final Map<String, ASN1ObjectIdentifier> DIGESTS = Map.of(
            "sha1", OIWObjectIdentifiers.idSHA1, "sha256", NISTObjectIdentifiers.id_sha256, "sm3", GMObjectIdentifiers.sm3);

    public static void main(String[] args) {
        Security.addProvider(new BouncyCastleProvider());
        try {
            List<String> rest = Arrays.asList(args).subList(1, args.length);
            System.out.println(switch (args[0]) {
                case "chain" -> chain(rest, List.of());
                case "chain-crl" -> chain(rest.subList(0, rest.indexOf("--")),
                        rest.subList(rest.indexOf("--") + 1, rest.size()));
                case "crl" -> crl(rest.get(0), rest.get(1));
                case "ocsp" -> ocsp(rest.get(0), rest.get(1), rest.get(2));
                case "ocsp-request" -> ocspRequest(rest);
                case "csr" -> csr(rest.get(0));
                default -> throw new Verdict("unknown command " + args[0]);
            });
        } catch (Exception e) {
            String cause = e.getCause() == null ? "" : " (" + e.getCause().getMessage() + ")";
            String kind = e instanceof Verdict ? "" : e.getClass().getSimpleName() + ": ";
            System.out.println(("refused: " + kind + e.getMessage() + cause).replace('\n', ' '));
            System.exit(1);
        }
    }

    private static String chain(List<String> files, List<String> crlFiles) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
        List<X509Certificate> path = new ArrayList<>();
        for (String file : files) {
            path.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der(file))));
        }
        TrustAnchor root = new TrustAnchor(path.remove(0), null);
        root.getTrustedCert().verify(root.getTrustedCert().getPublicKey(), "BC");
        Collections.reverse(path);
        PKIXParameters parameters = new PKIXParameters(Set.of(root));
        parameters.setRevocationEnabled(!crlFiles.isEmpty());
        List<X509CRL> crls = new ArrayList<>();
        for (String file : crlFiles) {
            crls.add((X509CRL) factory.generateCRL(new ByteArrayInputStream(der(file))));
        }
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(crls), "BC"));
        try {
            var withDeltas = new PKIXExtendedParameters.Builder(parameters).setUseDeltasEnabled(true).build();
            CertPathValidator.getInstance("PKIX", "BC").validate(factory.generateCertPath(path), withDeltas);
        } catch (CertPathValidatorException e) {
            throw new Verdict("chain, certificate " + e.getIndex() + " from the leaf: " + e.getMessage());
        }
        return "chain ok, " + path.size() + " certificates under " + root.getTrustedCert().getSubjectX500Principal();
    }

    private static String crl(String issuerFile, String crlFile) throws Exception {
        X509CertificateHolder issuer = new X509CertificateHolder(der(issuerFile));
        X509CRLHolder crl = new X509CRLHolder(der(crlFile));
        demand(crl.getIssuer().equals(issuer.getSubject()), "CRL issuer is not the subject of the issuer certificate");
        demand(crl.isSignatureValid(verifier(issuer)), "CRL signature does not verify");
        demand(KeyUsage.fromExtensions(issuer.getExtensions()).hasUsages(KeyUsage.cRLSign), "issuer may not sign CRLs");
        current("CRL", crl.getThisUpdate(), crl.getNextUpdate());
        Extension number = crl.getExtension(Extension.cRLNumber);
        demand(number != null && !number.isCritical(), "CRL has no number");
        demand(crl.getExtension(Extension.authorityKeyIdentifier) != null, "CRL has no authority key identifier");
        List<String> revoked = new ArrayList<>();
        for (Object each : crl.getRevokedCertificates()) {
            X509CRLEntryHolder entry = (X509CRLEntryHolder) each;
            Extension reason = entry.getExtension(Extension.reasonCode);
            revoked.add(hex(entry.getSerialNumber()) + ":" + (reason == null ? "none"
                    : REASONS[CRLReason.getInstance(reason.getParsedValue()).getValue().intValue()]));
        }
        Collections.sort(revoked);
        return "crl ok number=" + ASN1Integer.getInstance(number.getParsedValue()).getValue()
                + " revoked=" + String.join(",", revoked);
    }

    private static String ocsp(String issuerFile, String subject, String responseFile) throws Exception {
        X509CertificateHolder issuer = new X509CertificateHolder(der(issuerFile));
        BigInteger serial = subject.matches("[0-9A-Fa-f]+") ? new BigInteger(subject, 16)
                : new X509CertificateHolder(der(subject)).getSerialNumber();
        OCSPResp response = new OCSPResp(Files.readAllBytes(Path.of(responseFile)));
        demand(response.getStatus() == OCSPResp.SUCCESSFUL, "OCSP status " + response.getStatus());
        BasicOCSPResp basic = (BasicOCSPResp) response.getResponseObject();
        DigestCalculatorProvider digests = new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
        demand(basic.getCerts().length == 1, "OCSP response carries " + basic.getCerts().length + " certificates");
        X509CertificateHolder responder = basic.getCerts()[0];
        demand(basic.isSignatureValid(verifier(responder)), "OCSP signature does not verify");
        demand(responder.isSignatureValid(verifier(issuer)) && responder.getIssuer().equals(issuer.getSubject()),
                "responder certificate is not signed by the issuer");
        current("responder certificate", responder.getNotBefore(), responder.getNotAfter());
        ExtendedKeyUsage usage = ExtendedKeyUsage.fromExtensions(responder.getExtensions());
        demand(usage != null && usage.hasKeyPurposeId(KeyPurposeId.id_kp_OCSPSigning), "responder lacks OCSPSigning");
        demand(responder.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nocheck) != null, "responder lacks nocheck");
        RespID byKey = new RespID(responder.getSubjectPublicKeyInfo(),
                digests.get(RespID.HASH_SHA1));
        demand(basic.getResponderId().equals(byKey) || basic.getResponderId().equals(new RespID(responder.getSubject())),
                "responder ID is not the signer's");
        for (SingleResp single : basic.getResponses()) {
            CertificateID id = single.getCertID();
            if (!id.getSerialNumber().equals(serial) || !id.matchesIssuer(issuer, digests)) {
                continue;
            }
            current("OCSP answer", single.getThisUpdate(), single.getNextUpdate());
            Extension nonce = basic.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce);
            return "ocsp ok status=" + status(single.getCertStatus()) + " hash=" + digestName(id.getHashAlgOID())
                    + " nonce=" + (nonce == null ? "none" : HexFormat.of().formatHex(
                            DEROctetString.getInstance(nonce.getParsedValue()).getOctets()));
        }
        throw new Verdict("no answer for serial " + hex(serial) + " of this issuer");
    }

    private static String ocspRequest(List<String> args) throws Exception {
        DigestCalculatorProvider digests = new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
        OCSPReqBuilder builder = new OCSPReqBuilder();
        builder.addRequest(new CertificateID(digests.get(new AlgorithmIdentifier(DIGESTS.get(args.get(2)))),
                new X509CertificateHolder(der(args.get(0))), new BigInteger(args.get(1), 16)));
        if (args.size() > 4) {
            byte[] nonce = new DEROctetString(HexFormat.of().parseHex(args.get(4))).getEncoded();
            builder.setRequestExtensions(new Extensions(
                    new Extension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce, false, nonce)));
        }
        Files.write(Path.of(args.get(3)), builder.build().getEncoded());
        return "ocsp-request ok";
    }

    private static String csr(String file) throws Exception {
        PKCS10CertificationRequest request = new PKCS10CertificationRequest(der(file));
        demand(request.isSignatureValid(new JcaContentVerifierProviderBuilder().setProvider("BC")
                .build(request.getSubjectPublicKeyInfo())), "request signature does not verify");
        return "csr ok subject=" + request.getSubject();
    }

    private static String status(CertificateStatus status) {
        if (status == CertificateStatus.GOOD) {
            return "good";
        }
        if (status instanceof RevokedStatus revoked) {
            return "revoked:" + (revoked.hasRevocationReason() ? REASONS[revoked.getRevocationReason()] : "none");
        }
        return status instanceof UnknownStatus ? "unknown" : status.toString();
    }

    private static String digestName(ASN1ObjectIdentifier oid) {
        return DIGESTS.entrySet().stream().filter(each -> each.getValue().equals(oid)).map(Map.Entry::getKey)
                .findFirst().orElse(oid.getId());
    }

    private static ContentVerifierProvider verifier(X509CertificateHolder signer) throws Exception {
        return new JcaContentVerifierProviderBuilder().setProvider("BC").build(signer);
    }

    // A minute of tolerance: the judge reads the clock after the service did, but in whole seconds.
    private static void current(String what, Date from, Date until) throws Verdict {
        Date now = new Date();
        demand(from.getTime() <= now.getTime() + 60_000, what + " is not yet valid");
        demand(until != null && until.after(now), what + " has expired");
    }

    private static void demand(boolean holds, String otherwise) throws Verdict {
        if (!holds) {
            throw new Verdict(otherwise);
        }
    }

    private static String hex(BigInteger serial) {
        String text = serial.toString(16);
        return text.length() % 2 == 0 ? text : "0" + text;
    }

    private static byte[] der(String file) throws IOException {
        byte[] bytes = Files.readAllBytes(Path.of(file));
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int pem = text.indexOf("-----BEGIN ");
        if (pem < 0) {
            return bytes;
        }
        try (PemReader reader = new PemReader(new java.io.StringReader(text.substring(pem)))) {
            return reader.readPemObject().getContent();
        }
    }
}
