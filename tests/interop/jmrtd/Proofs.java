import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.InputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.digests.SHA1Digest;
import org.bouncycastle.crypto.digests.SHA224Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.digests.SHA384Digest;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.engines.RSAEngine;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.signers.ISO9796d2Signer;
import org.bouncycastle.jce.interfaces.ECPublicKey;
import org.bouncycastle.math.ec.ECPoint;
import org.jmrtd.PassportService;
import org.jmrtd.lds.ChipAuthenticationInfo;
import org.jmrtd.lds.ChipAuthenticationPublicKeyInfo;
import org.jmrtd.lds.SODFile;
import org.jmrtd.lds.SecurityInfo;
import org.jmrtd.lds.icao.DG14File;
import org.jmrtd.lds.icao.DG15File;
import org.jmrtd.protocol.PACECAMResult;
import org.jmrtd.protocol.PACEGMMappingResult;

/** What proves the card, each in the report as "successful", "failed: why" or "undetermined". */
final class Proofs {
  private static final String SUCCESSFUL = "successful";

  private final PassportService chip;
  private final Map<String, byte[]> files;
  private final Map<String, Object> report;

  Proofs(PassportService chip, Map<String, byte[]> files, Map<String, Object> report) {
    this.chip = chip;
    this.files = files;
    this.report = report;
  }

  private interface Check {
    /** Returns why it failed, or {@code null}. */
    String run() throws Exception;
  }

  private void prove(String name, Check check) {
    String fault;
    try {
      fault = check.run();
    } catch (Exception error) {
      fault = Json.words(error);
    }
    report.put(name, fault == null ? SUCCESSFUL : "failed: " + fault);
  }

  /** Bouncy Castle's CMS verifies the signature; JMRTD's SOD gives the certificate. */
  void passive(String anchors) throws Exception {
    byte[] sod = files.get("sod");
    if (sod == null) {
      return;
    }
    X509Certificate signer =
        new SODFile(new ByteArrayInputStream(sod)).getDocSigningCertificate();
    if (signer == null) {
      report.put("signature", "undetermined: no certificate of the signer");
      return;
    }
    prove("signature", () -> signedBy(inside(sod), signer) ? null : "the signature is wrong");
    if (anchors == null) {
      report.put("chain", "undetermined");
    } else {
      prove("chain", () -> chain(signer, anchors));
    }
    prove("validity", () -> {
      signer.checkValidity();
      return null;
    });
  }

  private static CMSSignedData inside(byte[] sod) throws Exception {
    ASN1TaggedObject outer = (ASN1TaggedObject) ASN1Primitive.fromByteArray(sod);
    return new CMSSignedData(ContentInfo.getInstance(outer.getExplicitBaseObject()));
  }

  private static boolean signedBy(CMSSignedData signed, X509Certificate signer) throws Exception {
    SignerInformation information = signed.getSignerInfos().getSigners().iterator().next();
    // The key alone: whether the certificate was valid is a question of its own.
    return information.verify(
        new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(signer.getPublicKey()));
  }

  /** Signed by an anchor of the issuer's name, and on no revocation list of that anchor. */
  private static String chain(X509Certificate signer, String anchors) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
    List<X509CRL> lists = new ArrayList<>();
    List<X509Certificate> certificates = new ArrayList<>();
    for (String path : anchors.split(",")) {
      try (InputStream in = new FileInputStream(path)) {
        if (path.endsWith(".crl")) {
          lists.add((X509CRL) factory.generateCRL(in));
        } else {
          certificates.add((X509Certificate) factory.generateCertificate(in));
        }
      }
    }
    String fault = "no anchor has the issuer's name";
    for (X509Certificate anchor : certificates) {
      if (anchor.getSubjectX500Principal().equals(signer.getIssuerX500Principal())) {
        try {
          signer.verify(anchor.getPublicKey(), "BC");
          return revoked(signer, anchor, lists) ? "revoked" : null;
        } catch (GeneralSecurityException error) {
          fault = Json.words(error);
        }
      }
    }
    return fault;
  }

  private static boolean revoked(
      X509Certificate signer, X509Certificate anchor, List<X509CRL> lists) throws Exception {
    for (X509CRL list : lists) {
      if (list.getIssuerX500Principal().equals(anchor.getSubjectX500Principal())) {
        try {
          list.verify(anchor.getPublicKey(), "BC");
        } catch (SignatureException ofAnotherKeyOfThatName) {
          continue;
        }
        return list.isRevoked(signer);
      }
    }
    return false;
  }

  /** Every file that was read against the hash that the SOD has for it. */
  void digests() throws Exception {
    if (!files.containsKey("sod")) {
      return;
    }
    SODFile sod = new SODFile(new ByteArrayInputStream(files.get("sod")));
    Map<Integer, byte[]> hashes = sod.getDataGroupHashes();
    if (sod.getDigestAlgorithm() == null) {
      return; // MD5, which JMRTD has no name for.
    }
    MessageDigest digest = MessageDigest.getInstance(sod.getDigestAlgorithm());
    Map<String, Object> results = new LinkedHashMap<>();
    hashes.forEach(
        (number, hash) -> {
          byte[] file = files.get(String.valueOf(number));
          if (file != null) {
            results.put(number.toString(), Arrays.equals(digest.digest(file), hash));
          }
        });
    report.put("digests", results);
  }

  /** Proved only once DG1 has been read with the new keys; false if it cannot be. */
  boolean chipAuthentication(Reading reading) throws Exception {
    var infos = new DG14File(new ByteArrayInputStream(files.get("14"))).getSecurityInfos();
    var keys = of(ChipAuthenticationPublicKeyInfo.class, infos);
    if (keys.isEmpty()) {
      return true;
    }
    ChipAuthenticationPublicKeyInfo key = keys.get(0);
    String protocol =
        of(ChipAuthenticationInfo.class, infos).stream()
            .filter(info -> key.getKeyId() == null || key.getKeyId().equals(info.getKeyId()))
            .map(ChipAuthenticationInfo::getObjectIdentifier)
            .findFirst()
            .orElse(null);
    prove(
        "chip",
        () -> {
          chip.doEACCA(
              key.getKeyId(), protocol, key.getObjectIdentifier(), key.getSubjectPublicKey());
          reading.readAgain();
          return null;
        });
    return report.get("chip").equals(SUCCESSFUL) || key.getSubjectPublicKey() == null;
  }

  private static <T extends SecurityInfo> List<T> of(
      Class<T> kind, Collection<SecurityInfo> infos) {
    return infos.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /** ICAO 9303-11 §6.1: RSA with message recovery, or plain ECDSA. */
  void activeAuthentication() throws Exception {
    PublicKey key = new DG15File(new ByteArrayInputStream(files.get("15"))).getPublicKey();
    byte[] challenge = new byte[8];
    new SecureRandom().nextBytes(challenge);
    prove(
        "active",
        () -> {
          byte[] response = chip.doAA(key, null, null, challenge).getResponse();
          boolean right =
              key instanceof RSAPublicKey rsa
                  ? recovers(rsa, challenge, response)
                  : verifies(key, challenge, response);
          return right ? null : "the signature is not the key's";
        });
  }

  private static boolean recovers(RSAPublicKey key, byte[] challenge, byte[] signature) {
    RSAKeyParameters parameters =
        new RSAKeyParameters(false, key.getModulus(), key.getPublicExponent());
    Digest[] digests = {
      new SHA256Digest(), new SHA1Digest(), new SHA224Digest(), new SHA384Digest(), new SHA512Digest()
    };
    for (Digest digest : digests) {
      try {
        // SHA-1 has the old trailer of one byte, which names no hash.
        ISO9796d2Signer signer =
            new ISO9796d2Signer(new RSAEngine(), digest, digest instanceof SHA1Digest);
        signer.init(false, parameters);
        signer.updateWithRecoveredMessage(signature);
        signer.update(challenge, 0, challenge.length);
        if (signer.verifySignature(signature)) {
          return true;
        }
      } catch (Exception otherTrailer) {
        continue;
      }
    }
    return false;
  }

  private static boolean verifies(PublicKey key, byte[] challenge, byte[] signature)
      throws GeneralSecurityException {
    for (String hash : new String[] {"SHA256", "SHA1", "SHA224", "SHA384", "SHA512"}) {
      Signature verifier = Signature.getInstance(hash + "withPLAIN-ECDSA", "BC");
      verifier.initVerify(key);
      verifier.update(challenge);
      try {
        if (verifier.verify(signature)) {
          return true;
        }
      } catch (GeneralSecurityException otherHash) {
        continue;
      }
    }
    return false;
  }

  /** ICAO 9303-11 §4.4.3.5: the chip's answer times its static key is its mapping key. */
  void chipAuthenticationMapping(PACECAMResult pace) throws Exception {
    byte[] file = files.get("card_security");
    if (file == null) {
      report.put("mapping", "failed: there is no EF.CardSecurity");
      return;
    }
    prove(
        "mapping",
        () -> {
          var mapping = (PACEGMMappingResult) pace.getMappingResult();
          ECPublicKey shown = (ECPublicKey) mapping.getPICCMappingPublicKey();
          BigInteger answer = new BigInteger(1, answer(pace));
          for (byte[] point : staticKeys(file)) {
            ECPoint key = shown.getParameters().getCurve().decodePoint(point);
            if (key.multiply(answer).normalize().equals(shown.getQ().normalize())) {
              return null;
            }
          }
          return "the mapping key is not the static key's";
        });
  }

  /** JMRTD 0.8.6 decrypts it with the vector -1, where the standard has E(KSEnc, -1). */
  private static byte[] answer(PACECAMResult pace) throws GeneralSecurityException {
    SecretKey key = pace.getWrapper().getEncryptionKey();
    byte[] vector = new byte[16];
    Arrays.fill(vector, (byte) 0xFF);
    Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
    cipher.init(Cipher.ENCRYPT_MODE, key);
    IvParameterSpec encrypted = new IvParameterSpec(cipher.doFinal(vector));
    cipher = Cipher.getInstance("AES/CBC/ISO7816-4Padding", "BC");
    cipher.init(Cipher.DECRYPT_MODE, key, encrypted);
    return cipher.doFinal(pace.getEncryptedChipAuthenticationData());
  }

  /** Points of the keys in EF.CardSecurity; JMRTD knows none whose curve is named by a number. */
  private static List<byte[]> staticKeys(byte[] cardSecurity) throws Exception {
    byte[] content = (byte[]) new CMSSignedData(cardSecurity).getSignedContent().getContent();
    List<byte[]> points = new ArrayList<>();
    for (ASN1Encodable info : ASN1Set.getInstance(content)) {
      ASN1Sequence parts = ASN1Sequence.getInstance(info);
      if (parts.getObjectAt(0).toString().equals(SecurityInfo.ID_PK_ECDH)) {
        var key = SubjectPublicKeyInfo.getInstance(parts.getObjectAt(1));
        points.add(key.getPublicKeyData().getBytes());
      }
    }
    return points;
  }
}
