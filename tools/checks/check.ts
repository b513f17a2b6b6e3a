import type { Workspace } from "../workspace.ts";

/**
 * One rule of the repository.
 *
 * It gives one line for each place that breaks the rule, naming the file; none when the rule holds.
 */
export interface Check {
  readonly name: string;
  readonly problems: (workspace: Workspace) => readonly string[] | Promise<readonly string[]>;
}
