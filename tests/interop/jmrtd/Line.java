import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import javax.smartcardio.Card;
import javax.smartcardio.CardChannel;
import javax.smartcardio.CardException;
import javax.smartcardio.CardTerminal;
import javax.smartcardio.TerminalFactory;
import net.sf.scuba.smartcards.CardService;
import net.sf.scuba.smartcards.CardServiceException;
import net.sf.scuba.smartcards.CommandAPDU;
import net.sf.scuba.smartcards.ResponseAPDU;

/** The line to one card, as JMRTD wants it; counts the commands. */
final class Line extends CardService {
  /** Where the bytes go. */
  interface Wire {
    byte[] transmit(byte[] command) throws Exception;

    void close() throws Exception;
  }

  private static final long CARD_WITHIN_MILLIS = 6_000;

  private final Wire wire;
  private int count;

  Line(Wire wire) {
    this.wire = wire;
  }

  /** The first reader of the PC/SC service, once it was empty and there is a card in it. */
  static Wire pcsc() throws Exception {
    CardTerminal terminal = TerminalFactory.getInstance("PC/SC", null).terminals().list().get(0);
    if (!terminal.waitForCardAbsent(CARD_WITHIN_MILLIS)) {
      throw new CardException("the last card is still there");
    }
    System.out.println("ready");
    System.out.flush();
    if (!terminal.waitForCardPresent(CARD_WITHIN_MILLIS)) {
      throw new CardException("no card came");
    }
    Card card = terminal.connect("*");
    CardChannel channel = card.getBasicChannel();
    return new Wire() {
      @Override
      public byte[] transmit(byte[] command) throws CardException {
        return channel.transmit(new javax.smartcardio.CommandAPDU(command)).getBytes();
      }

      @Override
      public void close() throws CardException {
        card.disconnect(true);
      }
    };
  }

  /** A card of another process: each message is its length in four bytes, then the bytes. */
  static Wire socket(String address) throws IOException {
    int colon = address.lastIndexOf(':');
    Socket socket =
        new Socket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
    socket.setTcpNoDelay(true);
    DataInputStream in = new DataInputStream(socket.getInputStream());
    DataOutputStream out = new DataOutputStream(socket.getOutputStream());
    return new Wire() {
      @Override
      public byte[] transmit(byte[] command) throws IOException {
        out.writeInt(command.length);
        out.write(command);
        out.flush();
        return in.readNBytes(in.readInt());
      }

      @Override
      public void close() throws IOException {
        socket.close();
      }
    };
  }

  int count() {
    return count;
  }

  @Override
  public void open() {}

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public ResponseAPDU transmit(CommandAPDU command) throws CardServiceException {
    count++;
    try {
      return new ResponseAPDU(wire.transmit(command.getBytes()));
    } catch (Exception error) {
      throw new CardServiceException("the line: " + error.getMessage(), error);
    }
  }

  @Override
  public byte[] getATR() {
    return null;
  }

  @Override
  public boolean isConnectionLost(Exception error) {
    return error != null && String.valueOf(error.getMessage()).startsWith("the line: ");
  }

  @Override
  public void close() {
    try {
      wire.close();
    } catch (Exception error) {
      // The card is gone already.
    }
  }
}
