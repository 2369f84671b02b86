/*
 * launcher.h - `gale launch`: the process that a supervisor starts, and that
 * becomes a worker.
 */
#ifndef GALE_LAUNCHER_H
#define GALE_LAUNCHER_H

/*
 * argv[0] is "launch"; see launch_plan.h. Does what only the process itself can
 * do, and then is this program again, as a worker. It returns only if something
 * fails, with 1: one sentence is on standard error, and on INHERITED_WORDS for
 * the supervisor.
 */
int launcher_main(int argc, char **argv);

#endif
