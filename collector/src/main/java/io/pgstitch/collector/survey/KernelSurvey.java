package io.pgstitch.collector.survey;

import io.pgstitch.bpf.BpfException;
import io.pgstitch.bpf.KernelPrograms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the kernel and this process's privileges allow. */
final class KernelSurvey {
  private static final Pattern RELEASE = Pattern.compile("(\\d+)\\.(\\d+).*");
  private static final Path BTF = Path.of("/sys/kernel/btf/vmlinux");
  private static final Path LOCKDOWN = Path.of("/sys/kernel/security/lockdown");
  private static final int SMALL_RING = 1 << 16;
  private static final int CAP_SYS_PTRACE = 19;
  private static final int CAP_SYS_ADMIN = 21;
  private static final int CAP_PERFMON = 38;
  private static final int CAP_BPF = 39;

  List<Finding> findings() {
    List<Finding> findings = findingsBeforeLoading();
    programs(findings);
    return findings;
  }

  /** All but whether the kernel takes the programs. */
  List<Finding> findingsBeforeLoading() {
    List<Finding> findings = new ArrayList<>();
    findings.add(kernel());
    findings.add(privileges());
    findings.add(typeInformation());
    findings.add(lockdown());
    return findings;
  }

  private static Finding kernel() {
    String release = System.getProperty("os.version");
    String detail = "Linux " + release + " " + System.getProperty("os.arch");
    Matcher m = RELEASE.matcher(release);
    boolean enough =
        m.matches() && Integer.parseInt(m.group(1)) * 1000 + Integer.parseInt(m.group(2)) >= 5015;
    return enough
        ? Finding.good("kernel", detail)
        : Finding.bad("kernel", detail, "run Linux 5.15 or later");
  }

  private static Finding privileges() {
    long capabilities = effectiveCapabilities();
    boolean admin = has(capabilities, CAP_SYS_ADMIN);
    boolean enough =
        (admin || (has(capabilities, CAP_BPF) && has(capabilities, CAP_PERFMON)))
            && has(capabilities, CAP_SYS_PTRACE);
    String detail = String.format("effective capabilities %016x", capabilities);
    return enough
        ? Finding.good("privileges", detail)
        : Finding.bad(
            "privileges", detail, "run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE");
  }

  private static boolean has(long capabilities, int bit) {
    return ((capabilities >>> bit) & 1) == 1;
  }

  private static long effectiveCapabilities() {
    for (String line : read(Path.of("/proc/self/status")).orElse("").split("\n", -1)) {
      if (line.startsWith("CapEff:")) {
        return Long.parseUnsignedLong(line.substring(7).trim(), 16);
      }
    }
    return 0;
  }

  private static Finding typeInformation() {
    return Files.exists(BTF)
        ? Finding.good("btf", BTF.toString())
        : Finding.bad(
            "btf",
            BTF + " is not there",
            "run a kernel that was built with CONFIG_DEBUG_INFO_BTF=y (all distribution kernels"
                + " since 2021), and mount sysfs");
  }

  private static Finding lockdown() {
    String mode = read(LOCKDOWN).map(String::trim).orElse("none (not built in, or not mounted)");
    return mode.contains("[confidentiality]")
        ? Finding.bad(
            "lockdown",
            mode,
            "lockdown=confidentiality forbids programs to read memory: boot with"
                + " lockdown=integrity or none")
        : Finding.good("lockdown", mode);
  }

  private static void programs(List<Finding> findings) {
    try (KernelPrograms programs = KernelPrograms.load(SMALL_RING)) {
      findings.add(Finding.good("kernel programs", "load and pass the verifier"));
      findings.add(
          programs.attachesManyAtOnce()
              ? Finding.good("uprobe-multi", "probes are planted many at once")
              : Finding.limited(
                  "uprobe-multi",
                  "not in this kernel: probes are planted one by one, stopping takes seconds",
                  "run Linux 6.6 or later"));
    } catch (BpfException e) {
      findings.add(
          Finding.bad(
              "kernel programs", e.getMessage(), "first do what is said of the findings above"));
    }
  }

  private static Optional<String> read(Path file) {
    try {
      return Optional.of(Files.readString(file));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
