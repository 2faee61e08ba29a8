package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenTeam;

/** Makes teams, anew or from what was saved of them. One instance per thread. */
public final class SavedTeams {
  private final TeamCodec codec = new TeamCodec();
  private final StitchCounters counters;

  /** Teams get these counters. */
  public SavedTeams(StitchCounters counters) {
    this.counters = counters;
  }

  /**
   * Makes a team.
   *
   * @param state what {@link ParallelTeam#state} gave, null for a new one; that of another version
   *     of the processor is not used, which is counted
   */
  public ParallelTeam team(byte[] state, HeldTraces held, TeamOutput output) {
    OpenTeam team = state == null ? ParallelTeam.empty() : codec.decodeTeam(state);
    if (team == null) {
      counters.add(Counter.STATES_DISCARDED, 1);
      team = ParallelTeam.empty();
    }
    return new ParallelTeam(team, held, codec, counters, output);
  }
}
