package io.pgstitch.collector;

import io.pgstitch.bpf.LevelRule;
import io.pgstitch.bpf.Levels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Whose level is another than the default one, and who may switch it from SQL.
 *
 * @param anyone whether each session may switch itself
 * @param roles otherwise, those that may beside superusers
 * @param rules levels by pid, role, database and port
 */
public record ControlSettings(boolean anyone, List<String> roles, List<LevelRule> rules) {
  private static final String ALLOW = "control.allow";
  private static final String FUNCTIONS = "+functions";

  /**
   * Reads settings.
   *
   * @param allow {@code any}, or {@code superuser} and {@code role:NAME}, separated by commas
   * @param levels by what follows {@code level.} in the keys, e.g. {@code role.app}
   * @param wrong takes what is wrong
   */
  static ControlSettings from(String allow, Map<String, String> levels, List<String> wrong) {
    List<String> roles = new ArrayList<>();
    boolean anyone = allow.equals("any");
    if (!anyone) {
      for (String who : allow.split(",", -1)) {
        if (who.strip().startsWith("role:") && isName(who.strip().substring(5))) {
          roles.add(who.strip().substring(5));
        } else if (!who.strip().equals("superuser")) {
          wrong.add(
              ALLOW
                  + " has '"
                  + who.strip()
                  + "'; use any, or superuser and role:NAME separated by commas");
        }
      }
    }
    List<LevelRule> rules = new ArrayList<>();
    levels.forEach((key, value) -> addRule(key, value, rules, wrong));
    return new ControlSettings(anyone, List.copyOf(roles), List.copyOf(rules));
  }

  private static void addRule(String key, String value, List<LevelRule> rules, List<String> wrong) {
    int level = level(value);
    if (level < 0) {
      wrong.add("level." + key + " is '" + value + "'; " + TraceLevel.EXPLANATION);
      return;
    }
    int dot = key.indexOf('.');
    String kind = dot < 0 ? key : key.substring(0, dot);
    String name = dot < 0 ? "" : key.substring(dot + 1);
    switch (kind) {
      case "role" -> addNamed(LevelRule.Kind.ROLE, key, name, level, rules, wrong);
      case "database" -> addNamed(LevelRule.Kind.DATABASE, key, name, level, rules, wrong);
      case "port" -> addNumbered(LevelRule.Kind.PORT, key, name, level, rules, wrong);
      case "pid" -> addNumbered(LevelRule.Kind.PID, key, name, level, rules, wrong);
      default ->
          wrong.add(
              "unknown setting level."
                  + key
                  + "; known are level.role.NAME, level.database.NAME, level.port.NUMBER and"
                  + " level.pid.NUMBER");
    }
  }

  private static void addNamed(
      LevelRule.Kind kind,
      String key,
      String name,
      int level,
      List<LevelRule> rules,
      List<String> wrong) {
    if (isName(name)) {
      rules.add(new LevelRule(kind, name, level));
    } else {
      wrong.add("level." + key + " names nothing that PostgreSQL could have");
    }
  }

  private static void addNumbered(
      LevelRule.Kind kind,
      String key,
      String number,
      int level,
      List<LevelRule> rules,
      List<String> wrong) {
    if (number.matches("[1-9][0-9]{0,8}")) {
      rules.add(new LevelRule(kind, Integer.parseInt(number), level));
    } else {
      wrong.add("level." + key + " has no number");
    }
  }

  /** PostgreSQL's names have 1 to 63 bytes. */
  private static boolean isName(String name) {
    int bytes = name.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
    return bytes >= 1 && bytes <= 63;
  }

  /** A level with or without functions, as bits of {@link Levels}; -1 for none. */
  private static int level(String value) {
    boolean functions = value.endsWith(FUNCTIONS);
    String number = functions ? value.substring(0, value.length() - FUNCTIONS.length()) : value;
    if (!number.matches("[0-9]{1,2}") || !TraceLevel.isValid(Integer.parseInt(number))) {
      return -1;
    }
    return Integer.parseInt(number) | (functions ? Levels.FUNCTIONS : 0);
  }
}
