package io.pgstitch.testkit;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;

/** A key and a certificate for 127.0.0.1 that no JVM knows, made by the JDK's keytool. */
public final class SelfSigned {
  /** Of the key store. */
  public static final String PASSWORD = "changeit";

  private static final String ALIAS = "receiver";

  private final Path directory;

  private SelfSigned(Path directory) {
    this.directory = directory;
  }

  /** Makes both in a directory, as files of this class alone. */
  public static SelfSigned in(Path directory) throws IOException, InterruptedException {
    SelfSigned made = new SelfSigned(directory);
    made.keytool("-genkeypair -keyalg RSA -dname CN=127.0.0.1 -ext san=ip:127.0.0.1");
    made.keytool("-exportcert -rfc -file " + made.certificate());
    return made;
  }

  /** The certificate, PEM. */
  public Path certificate() {
    return directory.resolve("self-signed.pem");
  }

  /** Key and certificate, PKCS12, with {@link #PASSWORD}. */
  public KeyStore keyStore() throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store())) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return keys;
  }

  /** The private key, PEM. */
  public InputStream key() throws IOException, GeneralSecurityException {
    byte[] key = keyStore().getKey(ALIAS, PASSWORD.toCharArray()).getEncoded();
    String pem =
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(key)
            + "\n-----END PRIVATE KEY-----\n";
    return new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
  }

  private Path store() {
    return directory.resolve("self-signed.p12");
  }

  private void keytool(String arguments) throws IOException, InterruptedException {
    String command =
        "%s/bin/keytool %s -alias %s -keystore %s -storetype PKCS12 -storepass %s"
            .formatted(System.getProperty("java.home"), arguments, ALIAS, store(), PASSWORD);
    Process process = new ProcessBuilder(command.split(" ")).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(command + ": " + output);
    }
  }
}
