#!/bin/sh
# world.sh BUILD - nobody but env_*.o asks for the world outside: clock, chance,
# threads, locks, sockets, files, signals, processes.
#
# What an object imports from outside of gale must be on one of two lists: pure,
# which needs its arguments and memory and nothing else, or the exceptions, each
# with its reason. So a function that nobody has thought about is a finding, too;
# and so is an exception that nobody uses any longer. An instruction that asks
# the processor counts as a call.
set -u

# Memory, texts, numbers, and streams that somebody else has opened.
pure='
abort aligned_alloc calloc free malloc realloc reallocarray bsearch qsort
tsearch tfind tdelete tdestroy
memccpy memchr memcmp memcpy memmem memmove memrchr memset
strchr strchrnul strcasecmp strcmp strcspn strdup strlen strncmp strndup strnlen strpbrk
strrchr strsep strspn strstr strerror strsignal ctype_b_loc
ctype_tolower_loc tolower toupper pthread_equal
explicit_bzero strsep
strtod strtod_l strtol strtoll strtoul strtoull ceil floor exp log pow sqrt
newlocale freelocale uselocale gmtime_r strftime
asprintf vasprintf snprintf vsnprintf sscanf printf fprintf vfprintf
fputc fputs putc putchar puts fwrite fflush ferror fileno stdout stderr
open_memstream assert_fail
yaml_event_delete yaml_parser_delete yaml_parser_initialize yaml_parser_parse
yaml_parser_set_input_string timegm strptime
json_array_get json_array_size json_delete json_integer_value json_loadb
json_object_iter json_object_iter_key json_object_iter_next
json_object_iter_value json_object_size json_real_value json_string_length
json_string_value
errno_location tls_get_addr stack_chk_fail _GLOBAL_OFFSET_TABLE_ divti3 udivti3 popcountdi2
'

# OBJECT: SYMBOLS  # why
exceptions='
common/env_*: *  # the real world itself
common/process_stat: open read close poll  # /proc, for env_process, env_family and env_session

common/crc32c: cpu_model  # which instructions the processor has
common/pack: msgpack_*  # reads and writes memory
common/digest: EVP_MD_CTX_new EVP_MD_CTX_free EVP_sha256 EVP_DigestInit_ex EVP_DigestUpdate EVP_DigestFinal_ex  # computes
common/digest: EVP_MAC_fetch EVP_MAC_free EVP_MAC_CTX_new EVP_MAC_CTX_free EVP_MAC_init EVP_MAC_update EVP_MAC_final  # the same
common/digest: OSSL_PARAM_construct_utf8_string OSSL_PARAM_construct_end CRYPTO_memcmp OPENSSL_cleanse  # the same
common/rpc_address: inet_pton inet_ntop  # read and write memory
common/private_file: open close fstat geteuid read  # who may read a secret is asked of the file that was opened
common/token_file: open close write fsync link unlink  # who may read a secret is asked of the file that was opened
common/zookeeper_call: zoo_*  # the library of ZooKeeper
common/zookeeper_client: zoo_* ZOO_AUTH_FAILED_STATE ZOO_CONNECTED_STATE ZOO_EXPIRED_SESSION_STATE  # the same
common/zookeeper_client: ZOO_CREATOR_ALL_ACL ZOO_OPEN_ACL_UNSAFE  # the same
common/zookeeper_handle: zoo_* zookeeper_*  # the same
common/zookeeper_hosts: getaddrinfo freeaddrinfo getnameinfo  # servers by name, on a thread
common/zookeeper_client: gai_strerror  # why they are not found
common/zookeeper_log: zoo_*  # the same
common/zookeeper_mail: zoo_* ZOO_SESSION_EVENT  # the same
common/zookeeper_words: getaddrinfo freeaddrinfo socket connect getsockopt poll send recv close  # the look at ZooKeeper before a daemon starts
common/number: pthread_once  # the C locale is made once, by whoever comes first
common/config_keys: pthread_once  # the table of keys is sorted once

topology-api/plugin: dlopen dlsym dlerror dladdr1 _dl_find_object  # loading code is what it does
topology-api/plugin: pthread_mutex_lock pthread_mutex_unlock  # the loader is one for the process, and plugins are found before there is an env
topology-api/readable: process_vm_readv getpid  # whether memory is there, only the kernel knows
topology-api/elf_file: open close fstat pread  # looks into a file before anything runs, and never again
topology-api/plugin_places: getenv stat opendir readdir closedir readlink dladdr  # looks for files before anything runs

worker/crash: sigaction sigaltstack sigemptyset signal raise  # the last words of a process that dies: a signal handler may ask nobody
worker/culprit: backtrace getpid pthread_self  # the same
worker/leave: on_exit at_quick_exit pause _exit pthread_key_create pthread_setspecific  # the same, of one that somebody else ends
common/last_words: write fcntl dup2 close  # the same

supervisor/spawn_worker: pipe2 open write close getpid  # what a worker is given
supervisor/launcher: *  # a program of its own, which prepares a process for what it becomes
supervisor/worker_log: *  # a program of its own, whose files must be there when nothing else works

simulator/fiber: mmap munmap mprotect getcontext makecontext swapcontext  # stacks of its threads
simulator/seed_child: fork waitpid kill pipe2 dup2 memfd_create mallopt setvbuf _exit  # each run of a seed is a process
simulator/seed_child: open close read pread write lseek  # and what is kept of what it says
simulator/seed_child: prctl  # … that does not outlive this one
simulator/seed_runs: poll  # waits for these processes
simulator/world_plugins: memfd_create fcntl write close  # what the loader of the system is to load, which opens files of it alone
simulator/standstill: sigaction sigemptyset setitimer  # the clock of the world rests then
simulator/world_threads: pthread_self  # whether a thread is one of the world at all
simulator/world_waits: fstat  # a regular file of a plugin is always ready

worker/watchdog: backtrace_symbols  # names of what a handler has found
worker/watchdog: _exit  # of a process in which a plugin never returns

testing/checks: opendir readdir closedir mallinfo2 mallopt setenv usleep  # what a plugin has left behind
testing/expectations: _cmocka_run_group_tests _fail print_error  # if the test is one of cmocka
testing/kit: getenv fclose  # GALE_SEED; a stream in memory
testing/trial: fork waitpid pidfd_open poll kill prctl signal dup2 open close pread memfd_create mmap munmap _exit  # each check is a process

common/daemon: gethostname signal prctl  # how the machine is called; what ends a daemon; that it holds a secret
common/rpc_resolve: getaddrinfo freeaddrinfo gai_strerror  # hosts by name
supervisor/report_news: msgpack_object_equal  # two values that were read
supervisor/seat: environ  # what a worker may have of it
supervisor/cgroup_files: open write close mkdir rmdir kill  # control files of the kernel, which lie on no disk
supervisor/worker_user: getpwnam geteuid setenv initgroups setgid setegid setuid seteuid setresgid setresuid setgroups  # what only the process itself can do before it becomes a worker
supervisor/local_directory: realpath  # where it is, wherever whoever looks stands
supervisor/supervisor: realpath  # where its socket is, wherever a worker stands
supervisor/spawn_worker: open close pipe2 write getpid  # ends of what a worker inherits
supervisor/launcher: *  # what only the process itself can do before it becomes a worker
supervisor/worker_log: *  # a process of its own that reads a pipe and writes files
worker/worker_process: getopt_long optarg opterr optind prctl sigaction sigemptyset read close  # the life of a process; its key comes by a descriptor
cli/cluster_options: getopt_long optarg opterr optind getenv access  # the arguments of the process, and where the configuration is
cli/cmd_kill: getopt_long optarg opterr optind  # the same
cli/cmd_simulate: getopt_long optarg opterr optind  # the same
cli/scale_meter: clock_gettime  # time of the processor, beside the simulated one
cli/scale_run: getrusage mallinfo2  # how much memory a simulated cluster takes
cli/scale_world: fopen fclose  # where its log goes: nowhere
cli/cmd_key: getopt_long opterr optind  # the same
cli/cmd_rebalance: getopt_long optarg opterr optind  # the same
cli/cmd_submit: getopt_long optarg opterr optind  # the same
cli/main: open fcntl  # standard streams that somebody has closed
cli/main: prctl  # how `ps` names what was executed as /proc/self/exe
cli/main: getrlimit setrlimit  # as many descriptors as the process may have
cli/interrupt: sigaction sigaddset sigemptyset alarm setitimer _exit  # Ctrl-C
cli/own_exit: syscall executable_start etext  # is what _exit() is
cli/own_clock: dlsym executable_start etext  # is what clocks are, and asks those of libc
cli/cmd_check: getopt_long optarg opterr optind  # the arguments of the process
cli/cmd_inspect: getopt_long opterr optind  # the same
cli/topology_file: optarg getenv  # the same, and what ${ENV-…} of a topology is
cli/cmd_try: getopt_long optarg opterr optind stdin  # the same, and what is typed
cli/cmd_simulate: getopt_long optarg opterr optind  # the same
cli/try_input: getc  # reads what is typed
cli/live: ioctl  # how wide the terminal is
cli/cmd_check: sigaction sigemptyset _exit  # its end by Ctrl-C
cli/cmd_local: isatty  # whether there is one
cli/cmd_submit: isatty  # whether there is one, for how much is sent
cli/out_file: open fdopen fclose fcntl stat lstat fstat realpath faccessat geteuid getpid  # the file of --stats
cli/out_file: ftruncate fchmod fsync rename unlink  # the same
cli/cmd_local: signal _exit  # its end
cli/cmd_dev_zookeeper: getopt_long optarg opterr optind  # the arguments of the process
cli/dev_java: getenv access  # where Java is
cli/dev_zookeeper: socket bind setsockopt open close stat geteuid realpath  # its port and its directory
cli/cmd_new: mkdir rmdir open openat unlinkat close fdopen fclose  # writes an author a directory
cli/local_options: getopt_long optarg opterr optind  # the arguments of the process
cli/skeleton: fclose  # of a stream in memory
cli/local_cluster_run: signal sigaction isatty _exit  # its end, as that of cmd_local
cli/local_orders: open close fstat read isatty strtok_r  # what is typed
cli/local_place: getenv mkdtemp  # a directory for temporary files
cli/local_workers: pipe2 close fcntl  # what a loop sees when a thread has ended
cli/cluster_down: realpath  # where a directory was that is gone
cli/cluster_home: realpath readlink  # daemons have other working directories
cli/held_process: socketpair send read close execv prctl  # a process that waits for a word, and then becomes another program
cli/cluster_start: open close environ  # the logs of daemons, and what they inherit
cli/cluster_up: fclose  # of a stream in memory
cli/cmd_cluster: getopt_long optarg opterr optind  # the arguments of the process
cli/cmd_metrics: getopt_long optarg opterr optind  # the arguments of the process
cli/cmd_monitor: getopt_long optarg opterr optind  # the arguments of the process
cli/cmd_set_log_level: getopt_long optarg opterr optind  # the arguments of the process
cli/cmd_logs: getopt_long optarg opterr optind  # the arguments of the process
cli/zookeeper_process: fclose  # of a stream in memory
topology-api/describe: fclose  # the same
'

# OBJECT SYMBOL; with _FORTIFY_SOURCE, and with large files, it is the same.
imports() {
    nm -uA "$@" | sed -E -e 's/\.o:.* / /' -e 's/ __(isoc(99|23)_)?/ /' \
        -e 's/_(chk|2)$//' -e 's/64$//'
}

# OBJECT INSTRUCTION
instructions() {
    objdump -d --no-show-raw-insn "$@" | awk '
        /file format/ { object = $1; sub(/\.o:$/, "", object) }
        match($0, /[ \t](rdtscp?|rdrand|rdseed|syscall|svc)([ \t]|$)/) {
            print object, substr($0, RSTART + 1)
        }' | sort -u
}

cd "$1/obj" || exit 1
# shellcheck disable=SC2046 # names of ours have no blanks
set -- $(ls -d topology-api/*.o common/*.o worker/*.o supervisor/*.o nimbus/*.o \
    simulator/*.o testing/*.o cli/*.o 2>/dev/null)
own=$(nm --defined-only -g "$@" |
    awk 'NF == 3 && $3 !~ /^(_[eE]xit|clock|clock_gettime|gettimeofday|time|timespec_get)$/ {
        print $3 # those are of cli/own_*.c
    }')
{
    echo "$own" | sed 's/^/own /'
    echo "$pure" | tr ' ' '\n' | sed -n 's/^[^ ]/pure &/p'
    echo "$exceptions" | sed -n 's/^\([^ ]*\): \(.*\)  #.*/except \1 \2/p'
    { imports "$@"; instructions "$@"; } | sed 's/^/import /'
} | awk '
    # Whether an exception allows it; it is used then.
    function allowed(object, symbol) {
        if (object ~ /^common\/env_/ && ("common/env_*", "*") in may)
            object = "common/env_*"
        if ((object, "*") in may)
            symbol = "*"
        else if (match(symbol, /^[a-z]+_/) &&
            (object, substr(symbol, 1, RLENGTH) "*") in may)
            symbol = substr(symbol, 1, RLENGTH) "*"
        return (object, symbol) in may ? ++used[object, symbol] : 0
    }
    $1 == "own" { own[$2] = 1 }
    $1 == "pure" { pure[$2] = 1 }
    $1 == "except" { for (i = 3; i <= NF; i++) may[$2, $i] = 1 }
    $2 == "topology-api/fault_point" { next } # no release has it: faults.sh
    $3 ~ /^(asan|ubsan|tsan|gcov|sanitizer)_/ { next }
    $1 == "import" && !($3 in own) && !($3 in pure) && !allowed($2, $3) {
        print $2 ".c: asks for " $3 ", expected common/env.h to be asked" \
            " (tests/lint/world.sh has the exceptions)"
        bad = 1
    }
    END {
        for (pair in may)
            if (!(pair in used)) {
                split(pair, part, SUBSEP)
                print "tests/lint/world.sh: " part[1] ".c has no " part[2] \
                    " any longer, expected no exception for it"
                bad = 1
            }
        exit bad
    }'
