/* worker_process.h - `gale worker`: the process that a supervisor starts for a
 * slot. */
#ifndef GALE_WORKER_PROCESS_H
#define GALE_WORKER_PROCESS_H

/*
 * Arguments: --topology ID --number N --birth B --supervisor SOCKET; the key
 * comes by a descriptor (common/inherited.h), the working directory holds the
 * description and the files. Returns the exit status: 0 if it was told to end
 * and all is closed.
 */
int worker_process_main(int argc, char **argv);

#endif
