package dev.millrace.schemas.manifest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Ed25519 keys (RFC 8032) of those who publish model versions: making, naming, and PEM files (RFC 7468). */
public final class ManifestKeys {
    private static final String ALGORITHM = "Ed25519";
    private static final String PRIVATE = "PRIVATE KEY";
    private static final String PUBLIC = "PUBLIC KEY";

    private ManifestKeys() {}

    /** A fresh key pair. */
    public static KeyPair generate() {
        try {
            return KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Ed25519 (expected: every JDK since 15 has it)", e);
        }
    }

    /** The first 16 hex digits of the SHA-256 of the key's X.509 encoding. */
    public static String keyId(PublicKey key) {
        return sha256(key.getEncoded()).substring(0, 16);
    }

    /** SHA-256 as 64 lower-case hex digits. */
    public static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 (expected: every JDK has it)", e);
        }
    }

    /** Writes {@code <stem>.key} (PKCS#8, readable by its owner only) and {@code <stem>.pub} (X.509); refuses to overwrite. */
    public static void write(KeyPair pair, Path stem) throws IOException {
        Path privateFile = stem.resolveSibling(stem.getFileName() + ".key");
        Path publicFile = stem.resolveSibling(stem.getFileName() + ".pub");
        if (Files.exists(privateFile) || Files.exists(publicFile)) {
            throw new IOException("key files: " + stem + ".key, .pub (expected: neither exists)");
        }
        if (Files.getFileStore(stem.toAbsolutePath().getParent()).supportsFileAttributeView("posix")) {
            Files.createFile(
                    privateFile, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } else {
            Files.createFile(privateFile);
        }
        Files.writeString(privateFile, pem(PRIVATE, pair.getPrivate().getEncoded()), StandardOpenOption.WRITE);
        Files.writeString(publicFile, pem(PUBLIC, pair.getPublic().getEncoded()), StandardOpenOption.CREATE_NEW);
    }

    /** Reads a private key in PKCS#8 PEM. */
    public static PrivateKey readPrivate(Path file) throws IOException {
        try {
            return KeyFactory.getInstance(ALGORITHM).generatePrivate(new PKCS8EncodedKeySpec(body(file, PRIVATE)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("key file: " + file + " (expected: an Ed25519 private key in PKCS#8 PEM)", e);
        }
    }

    /** Reads a public key in X.509 PEM. */
    public static PublicKey readPublic(Path file) throws IOException {
        try {
            return KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(body(file, PUBLIC)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("key file: " + file + " (expected: an Ed25519 public key in X.509 PEM)", e);
        }
    }

    /** The key files at {@code path}: those of a folder that end in {@code .pub}, by name, or the file itself. */
    public static List<Path> publicFiles(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.filter(file -> file.toString().endsWith(".pub"))
                    .sorted()
                    .toList();
        }
    }

    /**
     * Tells a pair from two keys that have nothing to do with each other: what one signs nobody could check.
     *
     * @throws IllegalArgumentException when they are no pair
     */
    public static void requirePair(PrivateKey privateKey, PublicKey publicKey) {
        byte[] any = publicKey.getEncoded();
        boolean pair;
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(privateKey);
            signature.update(any);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(any);
            pair = signature.verify(signed);
        } catch (GeneralSecurityException e) {
            pair = false;
        }
        if (!pair) {
            throw new IllegalArgumentException(
                    "public key: " + keyId(publicKey) + " (expected: the one that belongs to the private key)");
        }
    }

    private static String pem(String type, byte[] der) {
        return "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END " + type + "-----\n";
    }

    private static byte[] body(Path file, String type) throws IOException {
        String text = Files.readString(file, StandardCharsets.US_ASCII);
        String begin = "-----BEGIN " + type + "-----";
        String end = "-----END " + type + "-----";
        int from = text.indexOf(begin);
        int to = text.indexOf(end);
        if (from < 0 || to < from) {
            throw new IOException("key file: " + file + " (expected: a PEM block '" + begin + "')");
        }
        return Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to));
    }
}
