package io.pgstitch.schema;

import io.pgstitch.schema.SchemaRegistryException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A file of certificates to trust: a key store of any type Java knows, or PEM. */
final class Truststore {
  private final Path file;
  private final String type;
  private final char[] password;

  /**
   * A file of certificates.
   *
   * @param password null for a file without one
   */
  Truststore(Path file, String type, char[] password) {
    this.file = file;
    this.type = type;
    this.password = password;
  }

  /** A TLS context that trusts these certificates and no others. */
  SSLContext context() {
    try {
      KeyStore store = "PEM".equalsIgnoreCase(type) ? pem() : keyStore();
      if (store.size() == 0) {
        throw new GeneralSecurityException("it holds no certificate");
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new SchemaRegistryException(
          Reason.MISCONFIGURED,
          "cannot read the certificates in %s as %s: %s. Check %s, %s and %s."
              .formatted(
                  file,
                  type,
                  e,
                  RegistrySettings.TRUSTSTORE_LOCATION,
                  RegistrySettings.TRUSTSTORE_TYPE,
                  RegistrySettings.TRUSTSTORE_PASSWORD),
          e);
    }
  }

  private KeyStore keyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(type);
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, password);
    }
    return store;
  }

  private KeyStore pem() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(file)) {
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("certificate-" + store.size(), certificate);
      }
    }
    return store;
  }
}
