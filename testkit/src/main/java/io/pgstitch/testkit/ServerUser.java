package io.pgstitch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The account a server runs as: ourselves, or another one for servers that refuse root. */
final class ServerUser {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final String name;
  private final boolean other;

  private ServerUser(String name, boolean other) {
    this.name = name;
    this.other = other;
  }

  /**
   * For root: {@code postgres} if that account exists, else {@code nobody}. For everybody else:
   * themselves.
   */
  static ServerUser preferred() {
    if (!isRoot()) {
      return new ServerUser(System.getProperty("user.name"), false);
    }
    return new ServerUser(lookUp("postgres") != null ? "postgres" : "nobody", true);
  }

  /**
   * A named account.
   *
   * @throws IllegalArgumentException if it does not exist, or is another one and we are not root
   */
  static ServerUser named(String name) {
    if (lookUp(name) == null) {
      throw new IllegalArgumentException("there is no user " + name);
    }
    boolean other = !name.equals(System.getProperty("user.name"));
    if (other && !isRoot()) {
      throw new IllegalArgumentException("only root can run a server as " + name);
    }
    return new ServerUser(name, other);
  }

  String name() {
    return name;
  }

  /** The command line that runs a command as this user, in the same process. */
  List<String> command(List<String> command) {
    if (!other) {
      return command;
    }
    List<String> full = new ArrayList<>();
    full.addAll(
        List.of("setpriv", "--reuid=" + name, "--regid=" + primaryGroup(), "--clear-groups", "--"));
    full.addAll(command);
    return full;
  }

  /**
   * Gives a directory to this user.
   *
   * @throws IllegalArgumentException if the user cannot reach it because of a directory above
   */
  void own(Path dir) {
    if (!other) {
      return;
    }
    try {
      Files.setOwner(dir, lookUp(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      Command.run(command(List.of("test", "-w", dir.toString())), Map.of(), LIMIT);
    } catch (CommandFailedException e) {
      throw new IllegalArgumentException(
          "user "
              + name
              + " cannot enter "
              + dir
              + "; allow it (chmod a+x) on the directories above, or use another",
          e);
    }
  }

  private String primaryGroup() {
    return Command.run(List.of("id", "-g", name), Map.of(), LIMIT).trim();
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private static UserPrincipal lookUp(String name) {
    UserPrincipalLookupService users = FileSystems.getDefault().getUserPrincipalLookupService();
    try {
      return users.lookupPrincipalByName(name);
    } catch (UserPrincipalNotFoundException e) {
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
