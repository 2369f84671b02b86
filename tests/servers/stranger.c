/*
 * stranger.c - who comes to a port and is not expected there:
 *
 *     stranger send ADDRESS
 *         says what is on standard input, prints what it hears until the other
 *         side hangs up; status 1 if that takes longer than its patience
 *     stranger crowd ADDRESS N
 *         N connections that say nothing; "here" when all are there, and then
 *         until standard input ends
 *     stranger flood ADDRESS N [TEXT]
 *         N connections at a time, always a new one in place of the oldest,
 *         each of which says the text and nothing more; "here" when there
 *         were N, and then until standard input ends; prints how many there
 *         were
 *     stranger trickle ADDRESS N
 *         the same, but one stays as long as it is let, and says a byte a
 *         second
 *     stranger record ADDRESS FILE
 *         listens, prints its port, carries one connection on to the address,
 *         and keeps in the file what the caller has said
 *     stranger overhear PORT N TEXT FILE
 *         "here", and then the first N bytes that are said to a port of this
 *         machine, on its loopback, in the next connection that begins with
 *         TEXT; this needs root
 *
 * ADDRESS is 127.0.0.1:PORT or the path of a socket.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, PART = 65536 };

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_un un;
};

static void give_up(const char *what)
{
    perror(what);
    exit(2);
}

static socklen_t read_address(union address *to, const char *text)
{
    const char *colon = strrchr(text, ':');

    memset(to, 0, sizeof(*to));
    if (*text == '/' && strlen(text) < sizeof(to->un.sun_path)) {
        to->un.sun_family = AF_UNIX;
        memcpy(to->un.sun_path, text, strlen(text));
        return sizeof(to->un);
    }
    to->in.sin_family = AF_INET;
    to->in.sin_port =
        htons((uint16_t)strtoul(colon ? colon + 1 : "0", NULL, 10));
    to->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof(to->in);
}

static int call(const char *text)
{
    union address to;
    socklen_t size = read_address(&to, text);
    int fd = socket(to.any.sa_family, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, &to.any, size) != 0)
        give_up(text);
    return fd;
}

/* False: it has hung up. */
static int carry(int from, int to, FILE *copy)
{
    char part[PART];
    ssize_t n = read(from, part, sizeof(part));

    if (n <= 0)
        return 0;
    if (copy != NULL)
        fwrite(part, 1, (size_t)n, copy);
    for (ssize_t at = 0, more; at < n; at += more) {
        more = write(to, part + at, (size_t)(n - at));
        if (more <= 0)
            return 0;
    }
    return 1;
}

static int send_it(const char *address)
{
    int fd = call(address);
    struct pollfd ends[2] = {{STDIN_FILENO, POLLIN, 0}, {fd, POLLIN, 0}};

    while (poll(ends, 2, PATIENCE_MS) > 0) {
        if (ends[0].revents != 0 && !carry(STDIN_FILENO, fd, NULL))
            ends[0].fd = -1;
        if (ends[1].revents != 0 && !carry(fd, STDOUT_FILENO, NULL))
            return 0;
    }
    fputs("nobody hangs up\n", stderr);
    return 1;
}

/* As many descriptors as the system gives. */
static void want_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        give_up("descriptors");
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int crowd(const char *address, long n)
{
    char byte;

    want_descriptors();
    while (n-- > 0)
        call(address);
    puts("here");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    return 0;
}

/* -- without an end -------------------------------------------------------- */

/* -1: it is not let in now. What is closed leaves no port in TIME_WAIT, which
 * there are so many of. */
static int try_call(const char *text)
{
    static const struct timeval patience = {.tv_usec = 200000};
    static const struct linger at_once = {.l_onoff = 1};
    union address to;
    socklen_t size = read_address(&to, text);
    int fd = socket(to.any.sa_family, SOCK_STREAM, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    if (connect(fd, &to.any, size) == 0)
        return fd;
    close(fd);
    return -1;
}

static int has_ended(int wait_ms)
{
    struct pollfd in = {STDIN_FILENO, POLLIN, 0};
    char byte;

    return poll(&in, 1, wait_ms) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

static void say_here(long n_called, long n)
{
    if (n_called != n)
        return;
    puts("here");
    fflush(stdout);
}

static int flood(const char *address, long n, const char *text)
{
    int *fds = calloc((size_t)n, sizeof(*fds));
    long called = 0;

    want_descriptors();
    while (fds != NULL && !has_ended(0)) {
        int *fd = &fds[called % n], new = try_call(address);

        if (new < 0 || (*text != '\0' &&
                        send(new, text, strlen(text), MSG_DONTWAIT) < 0)) {
            close(new);
            poll(NULL, 0, 1);
            continue;
        }
        if (*fd > 0)
            close(*fd);
        *fd = new;
        say_here(++called, n);
    }
    printf("%ld\n", called);
    return 0;
}

/* A byte that a true message could begin with. */
static int says_a_byte(int fd)
{
    return send(fd, "", 1, MSG_DONTWAIT) == 1;
}

static int trickle(const char *address, long n)
{
    int *fds = calloc((size_t)n, sizeof(*fds));
    long called = 0;

    want_descriptors();
    do {
        for (long i = 0; fds != NULL && i < n; i++) {
            if (fds[i] > 0 && says_a_byte(fds[i]))
                continue;
            if (fds[i] > 0)
                close(fds[i]);
            fds[i] = try_call(address);
            if (fds[i] > 0)
                say_here(++called, n);
        }
    } while (fds != NULL && !has_ended(1000));
    printf("%ld\n", called);
    return 0;
}

/* -- what others say to others --------------------------------------------- */

static int listen_somewhere(void)
{
    union address at;
    socklen_t size = read_address(&at, "127.0.0.1:0");
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, &at.any, size) != 0 || listen(fd, 1) != 0 ||
        getsockname(fd, &at.any, &size) != 0)
        give_up("listen");
    printf("%d\n", ntohs(at.in.sin_port));
    fflush(stdout);
    return fd;
}

static int record(const char *address, const char *path)
{
    FILE *copy = fopen(path, "w");
    int caller = accept(listen_somewhere(), NULL, NULL);
    int called = call(address);
    struct pollfd ends[2] = {{caller, POLLIN, 0}, {called, POLLIN, 0}};

    if (copy == NULL || caller < 0)
        give_up(path);
    while (poll(ends, 2, PATIENCE_MS) > 0)
        if ((ends[0].revents != 0 && !carry(caller, called, copy)) ||
            (ends[1].revents != 0 && !carry(called, caller, NULL)))
            break;
    return fclose(copy) == 0 ? 0 : 2;
}

/* -- what others say ------------------------------------------------------- */

static int eavesdrop(void)
{
    struct sockaddr_ll at = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(ETH_P_IP),
                             .sll_ifindex = (int)if_nametoindex("lo")};
    int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
        give_up("packets");
    puts("here");
    fflush(stdout);
    return fd;
}

/* A packet as it is overheard. */
struct said {
    uint16_t from; /* the port of who speaks: it tells connections apart */
    const unsigned char *data;
    long size;
};

static int said_to(uint16_t port, const unsigned char *packet, size_t size,
                   struct said *said)
{
    struct iphdr ip;
    struct tcphdr tcp;
    size_t at;

    if (size < sizeof(ip))
        return 0;
    memcpy(&ip, packet, sizeof(ip));
    at = ip.ihl * 4u;
    if (ip.protocol != IPPROTO_TCP || size < at + sizeof(tcp))
        return 0;
    memcpy(&tcp, packet + at, sizeof(tcp));
    at += tcp.doff * 4u;
    if (ntohs(tcp.dest) != port || size < at)
        return 0;
    *said = (struct said){ntohs(tcp.source), packet + at, (long)(size - at)};
    return 1;
}

static int begins_with(const struct said *said, const char *text)
{
    size_t size = strlen(text);

    return (size_t)said->size >= size && memcmp(said->data, text, size) == 0;
}

/* What an earlier connection has still on its way is not of the next one, nor
 * is what somebody says who has mistaken the port. */
static int overhear(uint16_t port, long wanted, const char *text,
                    const char *path)
{
    static unsigned char packet[PART];
    struct sockaddr_ll from;
    socklen_t from_size = sizeof(from);
    FILE *copy = fopen(path, "w");
    struct pollfd lo = {eavesdrop(), POLLIN, 0};
    uint16_t speaker = 0;

    while (copy != NULL && wanted > 0 && poll(&lo, 1, PATIENCE_MS) > 0) {
        struct said said;
        long size;
        ssize_t n = recvfrom(lo.fd, packet, sizeof(packet), 0,
                             (struct sockaddr *)&from, &from_size);

        /* On its way out and on its way in: once is enough. */
        if (n < 0 || from.sll_pkttype == PACKET_OUTGOING ||
            !said_to(port, packet, (size_t)n, &said))
            continue;
        if (said.size > 0 && speaker == 0 && begins_with(&said, text))
            speaker = said.from;
        if (said.from != speaker || said.size <= 0)
            continue;
        size = said.size < wanted ? said.size : wanted;
        fwrite(said.data, 1, (size_t)size, copy);
        wanted -= size;
    }
    return copy != NULL && fclose(copy) == 0 && wanted == 0 ? 0 : 2;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc == 3 && strcmp(argv[1], "send") == 0)
        return send_it(argv[2]);
    if (argc == 4 && strcmp(argv[1], "crowd") == 0)
        return crowd(argv[2], strtol(argv[3], NULL, 10));
    if (argc >= 4 && strcmp(argv[1], "flood") == 0)
        return flood(argv[2], strtol(argv[3], NULL, 10),
                     argc > 4 ? argv[4] : "");
    if (argc == 4 && strcmp(argv[1], "trickle") == 0)
        return trickle(argv[2], strtol(argv[3], NULL, 10));
    if (argc == 4 && strcmp(argv[1], "record") == 0)
        return record(argv[2], argv[3]);
    if (argc == 6 && strcmp(argv[1], "overhear") == 0)
        return overhear((uint16_t)strtoul(argv[2], NULL, 10),
                        strtol(argv[3], NULL, 10), argv[4], argv[5]);
    return 2;
}
