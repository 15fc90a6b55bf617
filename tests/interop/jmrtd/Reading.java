import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.sf.scuba.smartcards.CardFileInputStream;
import net.sf.scuba.smartcards.CardServiceException;
import org.bouncycastle.util.encoders.Hex;
import org.jmrtd.AccessKeySpec;
import org.jmrtd.BACKey;
import org.jmrtd.DefaultFileSystem;
import org.jmrtd.PACEKeySpec;
import org.jmrtd.PassportService;
import org.jmrtd.lds.CardAccessFile;
import org.jmrtd.lds.LDSFileUtil;
import org.jmrtd.lds.PACEInfo;
import org.jmrtd.lds.SODFile;
import org.jmrtd.lds.SecurityInfo;
import org.jmrtd.lds.icao.COMFile;
import org.jmrtd.lds.icao.DG1File;
import org.jmrtd.lds.icao.DG2File;
import org.jmrtd.lds.icao.MRZInfo;
import org.jmrtd.lds.iso19794.FaceImageInfo;
import org.jmrtd.lds.iso19794.FaceInfo;
import org.jmrtd.protocol.PACECAMResult;
import org.jmrtd.protocol.PACEResult;
import org.jmrtd.protocol.ReadBinaryAPDUSender;

/** One whole reading. What was found is in the report, even where it ended early. */
final class Reading {
  private static final int SHORT = PassportService.NORMAL_MAX_TRANCEIVE_LENGTH;
  private static final int EXTENDED = PassportService.EXTENDED_MAX_TRANCEIVE_LENGTH;
  // JMRTD's own 223, less the three bytes that a read past 32 kB wraps its data in.
  private static final int BLOCK = PassportService.DEFAULT_MAX_BLOCKSIZE - 3;
  private static final int BLOCK_EXTENDED = 2048;

  private final Map<String, String> job;
  private final Map<String, Object> report;
  private final PassportService chip;
  private final int block;
  private final Map<String, byte[]> files = new TreeMap<>();

  Reading(Line line, Map<String, String> job, Map<String, Object> report) {
    boolean extended = "yes".equals(job.get("extended"));
    this.job = job;
    this.report = report;
    block = extended ? BLOCK_EXTENDED : BLOCK;
    // With the MACs of all replies checked, which JMRTD leaves to the caller.
    chip = new PassportService(line, SHORT, extended ? EXTENDED : SHORT, block, true, true);
  }

  void run() throws Exception {
    chip.open();
    PACEResult pace = open();
    List<Integer> groups = groups();
    Proofs proofs = new Proofs(chip, files, report);
    proofs.passive(job.get("csca"));
    boolean open = true;
    if (groups.contains(14) && read("14", PassportService.EF_DG14) != null) {
      open = proofs.chipAuthentication(this);
    }
    // A chip that failed has no keys in common with us any more.
    for (int group : open ? groups : List.<Integer>of()) {
      // Fingerprints and irises are the state's alone.
      if (group != 3 && group != 4) {
        read(String.valueOf(group), LDSFileUtil.lookupFIDByDataGroupNumber(group));
      }
    }
    proofs.digests();
    if (files.containsKey("15")) {
      proofs.activeAuthentication();
    }
    if (pace instanceof PACECAMResult cam) {
      proofs.chipAuthenticationMapping(cam);
    }
    report.put("files", hashes());
    contents();
  }

  private PACEResult open() throws Exception {
    PACEInfo info = offer();
    if (info != null) {
      PACEResult result =
          chip.doPACE(
              paceKey(),
              info.getObjectIdentifier(),
              PACEInfo.toParameterSpec(info.getParameterId()),
              info.getParameterId());
      report.put("access", info.getProtocolOIDString());
      if (result instanceof PACECAMResult) {
        readCardSecurity();
      }
      chip.sendSelectApplet(true);
      return result;
    }
    chip.sendSelectApplet(false);
    chip.doBAC(bacKey());
    report.put("access", "BAC");
    return null;
  }

  /** JMRTD's file system of the master file knows no secure messaging: so one of our own. */
  private void readCardSecurity() throws Exception {
    DefaultFileSystem system =
        new DefaultFileSystem(
            new ReadBinaryAPDUSender(chip),
            true,
            Map.of(PassportService.EF_CARD_SECURITY, PassportService.SFI_CARD_SECURITY));
    system.setWrapper(chip.getWrapper());
    system.selectFile(PassportService.EF_CARD_SECURITY);
    try (InputStream in = new CardFileInputStream(block, system)) {
      files.put("card_security", in.readAllBytes());
    } catch (CardServiceException error) {
      refused("card_security", error);
    }
  }

  /** What EF.CardAccess offers; of several ways the one that authenticates the chip, too. */
  private PACEInfo offer() throws Exception {
    try {
      chip.sendSelectMF();
    } catch (CardServiceException citizenCardsDoNotKnowIt) {
      // They show the file all the same.
    }
    byte[] file = read("card_access", PassportService.EF_CARD_ACCESS);
    PACEInfo best = null;
    for (SecurityInfo info : file == null ? List.<SecurityInfo>of() : infos(file)) {
      if (info instanceof PACEInfo pace
          && (best == null || pace.getProtocolOIDString().contains("-CAM-"))) {
        best = pace;
      }
    }
    return best;
  }

  private static Collection<SecurityInfo> infos(byte[] file) throws Exception {
    return new CardAccessFile(new ByteArrayInputStream(file)).getSecurityInfos();
  }

  private AccessKeySpec paceKey() throws Exception {
    String can = job.get("can");
    return can != null ? PACEKeySpec.createCANKey(can) : PACEKeySpec.createMRZKey(bacKey());
  }

  private BACKey bacKey() {
    String mrz = job.get("mrz");
    if (mrz == null) {
      throw new IllegalStateException("no MRZ, so no BAC");
    }
    return new BACKey(mrz.substring(0, 9), mrz.substring(10, 16), mrz.substring(17, 23));
  }

  /** What the SOD lists; without one, what EF.COM says. */
  private List<Integer> groups() throws Exception {
    byte[] com = read("com", PassportService.EF_COM);
    byte[] sod = read("sod", PassportService.EF_SOD);
    List<Integer> groups = new ArrayList<>();
    if (sod != null) {
      groups.addAll(
          new SODFile(new ByteArrayInputStream(sod)).getDataGroupHashes().keySet());
    } else if (com != null) {
      for (int tag : new COMFile(new ByteArrayInputStream(com)).getTagList()) {
        groups.add(LDSFileUtil.lookupDataGroupNumberByTag(tag));
      }
    }
    return groups;
  }

  /** Reads a file whole; {@code null} where the card refuses it, with its status word noted. */
  byte[] read(String name, short id) throws Exception {
    if (files.containsKey(name)) {
      return files.get(name);
    }
    try (InputStream in = chip.getInputStream(id, block)) {
      byte[] bytes = in.readAllBytes();
      if (bytes.length == 0) {
        throw new CardServiceException("JMRTD gives an empty file");
      }
      files.put(name, bytes);
      return bytes;
    } catch (CardServiceException error) {
      refused(name, error);
      return null;
    }
  }

  /** Reads DG1 again: after chip authentication only the genuine chip can. */
  void readAgain() throws Exception {
    files.remove("1");
    if (read("1", PassportService.EF_DG1) == null) {
      throw new IllegalStateException("DG1 cannot be read with the new keys");
    }
  }

  @SuppressWarnings("unchecked")
  private void refused(String name, CardServiceException error) throws CardServiceException {
    if (error.getMessage().startsWith("the line: ")) {
      throw error;
    }
    Map<String, Object> refused =
        (Map<String, Object>) report.computeIfAbsent("refused", key -> new LinkedHashMap<>());
    refused.put(name, String.format("%04X", error.getSW() & 0xFFFF));
  }

  private Map<String, Object> hashes() throws Exception {
    Map<String, Object> hashes = new LinkedHashMap<>();
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(file.getValue());
      hashes.put(file.getKey(), Hex.toHexString(hash));
    }
    return hashes;
  }

  private void contents() throws Exception {
    byte[] dg1 = files.get("1");
    if (dg1 != null) {
      MRZInfo zone = new DG1File(new ByteArrayInputStream(dg1)).getMRZInfo();
      report.put("zone", zone.toString().replace("\n", ""));
    }
    byte[] dg2 = files.get("2");
    if (dg2 != null) {
      DG2File group = new DG2File(new ByteArrayInputStream(dg2));
      FaceImageInfo face = ((FaceInfo) group.getSubRecords().get(0)).getFaceImageInfos().get(0);
      report.put("portrait", face.getMimeType() + " " + face.getImageLength());
    }
  }
}
