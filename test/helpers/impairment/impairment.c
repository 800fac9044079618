/*
 * A bad line between two network namespaces: what netem would do on kernels that have none.
 *
 *   impairment NEAR_NAMESPACE_FILE NEAR_DEVICE FAR_NAMESPACE_FILE FAR_DEVICE SEED
 *
 * It makes a TUN device in each namespace and carries IPv4 packets between them. The devices live as long as this program, and
 * this program as long as its standard input: nothing is left over when whoever started it dies.
 *
 * Each direction does to a packet, in this order: 1. blackout, blocked UDP: gone; 2. loss, by Gilbert's two-state chain; 3. the
 * rate limit, with a queue of bounded length in time; 4. delay and jitter. Order is kept: a late packet holds up those behind it,
 * as a queue on the way does (netem's default reorders, which real lines seldom do). Gilbert: Bell Syst. Tech. J. 39 (1960) 1253.
 *
 * Commands are lines `ID VERB …`, each answered by one JSON line with that id and the counts so far:
 *   ID set delayMs=25 jitterMs=0 lossPercent=3 burst=1 rateKbps=0 queueMs=200 blockUdp=0
 *                        what is not named goes back to its default, a clean line; rateKbps 0: no limit;
 *                        burst: mean length of a loss in packets, 1 or less: independent
 *   ID blackout MS       nothing passes; answered when it is over
 *   ID stats
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define MAX_PACKET 2048
#define MAX_QUEUED 8192
#define NS_PER_MS 1000000LL

typedef struct {
  double delayMs, jitterMs, lossPercent, burst, rateKbps, queueMs, blockUdp;
} Settings;

static const Settings CLEAN = { .burst = 1, .queueMs = 200 };
static const struct {
  const char *name;
  size_t offset;
} SETTING_NAMES[] = {
#define SETTING(field) { #field, offsetof(Settings, field) }
  SETTING(delayMs), SETTING(jitterMs), SETTING(lossPercent), SETTING(burst), SETTING(rateKbps), SETTING(queueMs), SETTING(blockUdp),
};

typedef struct {
  int64_t dueNs;
  uint16_t length;
  uint8_t bytes[MAX_PACKET];
} Packet;

typedef struct {
  int from, to;
  uint64_t random;
  bool isBad; /* Gilbert's state: every packet is lost */
  int64_t freeAtNs, lastDueNs;
  Packet *queue; /* ring of MAX_QUEUED, in order of dueNs */
  unsigned head, count;
  uint64_t arrived, delivered, lost, overflowed, blacked, blocked, bytes;
} Direction;

static Settings settings;
static Direction directions[2]; /* up: far to near; down: near to far */
static int64_t blackoutEndNs;
static char blackoutId[32];

static void fail(const char *what) {
  fprintf(stderr, "impairment: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t nowNs(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* splitmix64, as a number in [0, 1) */
static double randomShare(Direction *direction) {
  uint64_t z = (direction->random += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

/* A TUN device belongs to the namespace in which /dev/net/tun is opened, and stays there. */
static int openTun(const char *namespaceFile, const char *device) {
  int namespaceFd = open(namespaceFile, O_RDONLY | O_CLOEXEC);
  if (namespaceFd < 0 || setns(namespaceFd, CLONE_NEWNET) < 0) fail(namespaceFile);
  close(namespaceFd);
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) fail("/dev/net/tun");
  struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
  if (ioctl(fd, TUNSETIFF, &request) < 0) fail(device);
  return fd;
}

static bool isLost(Direction *direction) {
  double loss = settings.lossPercent / 100;
  if (loss <= 0) return direction->isBad = false;
  if (loss >= 1) return true;
  if (settings.burst <= 1) return randomShare(direction) < loss;
  /* The share of time in the bad state is `loss` when bad ends with 1/burst and begins with loss/(1-loss)/burst. */
  double end = 1 / settings.burst;
  double begin = loss / (1 - loss) * end;
  direction->isBad = randomShare(direction) < (direction->isBad ? 1 - end : begin);
  return direction->isBad;
}

static void arrive(Direction *direction, const uint8_t *bytes, size_t length, int64_t now) {
  if (length < 20 || bytes[0] >> 4 != 4) return; /* IPv6's neighbour chatter */
  direction->arrived += 1;
  if (now < blackoutEndNs) { direction->blacked += 1; return; }
  if (settings.blockUdp != 0 && bytes[9] == 17) { direction->blocked += 1; return; }
  if (isLost(direction)) { direction->lost += 1; return; }
  int64_t sentNs = now;
  if (settings.rateKbps > 0) {
    int64_t startNs = direction->freeAtNs > now ? direction->freeAtNs : now;
    if (startNs - now > (int64_t)(settings.queueMs * NS_PER_MS)) { direction->overflowed += 1; return; }
    sentNs = direction->freeAtNs = startNs + (int64_t)((double)length * 8 * NS_PER_MS / settings.rateKbps);
  }
  if (direction->count == MAX_QUEUED) { direction->overflowed += 1; return; }
  double delayMs = settings.delayMs + settings.jitterMs * (2 * randomShare(direction) - 1);
  int64_t dueNs = sentNs + (int64_t)((delayMs > 0 ? delayMs : 0) * NS_PER_MS);
  if (dueNs < direction->lastDueNs) dueNs = direction->lastDueNs;
  direction->lastDueNs = dueNs;
  Packet *packet = &direction->queue[(direction->head + direction->count) % MAX_QUEUED];
  direction->count += 1;
  packet->dueNs = dueNs;
  packet->length = (uint16_t)length;
  memcpy(packet->bytes, bytes, length);
}

static void receive(Direction *direction) {
  uint8_t bytes[MAX_PACKET];
  for (ssize_t length; (length = read(direction->from, bytes, sizeof bytes)) > 0;) arrive(direction, bytes, (size_t)length, nowNs());
}

static void deliver(Direction *direction, int64_t now) {
  while (direction->count > 0) {
    Packet *packet = &direction->queue[direction->head];
    if (packet->dueNs > now) return;
    /* Fails while the device is not up yet: then the packet is gone, as on any such line. */
    if (write(direction->to, packet->bytes, packet->length) > 0) {
      direction->delivered += 1;
      direction->bytes += packet->length;
    }
    direction->head = (direction->head + 1) % MAX_QUEUED;
    direction->count -= 1;
  }
}

static void answer(const char *id) {
  printf("{\"id\":%s", id);
  for (int i = 0; i < 2; i += 1) {
    const Direction *d = &directions[i];
    printf(",\"%s\":{\"arrived\":%llu,\"delivered\":%llu,\"lost\":%llu,\"overflowed\":%llu,\"blacked\":%llu,\"blocked\":%llu,\"bytes\":%llu}", i == 0 ? "up" : "down",
      (unsigned long long)d->arrived, (unsigned long long)d->delivered, (unsigned long long)d->lost, (unsigned long long)d->overflowed, (unsigned long long)d->blacked,
      (unsigned long long)d->blocked, (unsigned long long)d->bytes);
  }
  puts("}");
  fflush(stdout);
}

static void set(char *pairs) {
  Settings wanted = CLEAN;
  for (char *pair = strtok(pairs, " "); pair; pair = strtok(NULL, " ")) {
    char *value = strchr(pair, '=');
    size_t known = 0;
    if (value) *value++ = '\0';
    while (known < sizeof SETTING_NAMES / sizeof *SETTING_NAMES && strcmp(pair, SETTING_NAMES[known].name) != 0) known += 1;
    if (!value || known == sizeof SETTING_NAMES / sizeof *SETTING_NAMES) {
      fprintf(stderr, "impairment: no setting %s\n", pair);
      exit(2);
    }
    *(double *)((char *)&wanted + SETTING_NAMES[known].offset) = atof(value);
  }
  settings = wanted;
}

static void command(char *line) {
  char *id = strtok(line, " ");
  char *verb = strtok(NULL, " ");
  char *rest = strtok(NULL, "");
  if (!id || strlen(id) >= sizeof blackoutId || strspn(id, "0123456789") != strlen(id) || !verb) {
    fprintf(stderr, "impairment: not a command\n");
    exit(2);
  }
  if (strcmp(verb, "blackout") == 0 && rest && blackoutEndNs == 0) {
    blackoutEndNs = nowNs() + (int64_t)(atof(rest) * NS_PER_MS);
    strcpy(blackoutId, id);
    return;
  }
  if (strcmp(verb, "set") == 0) set(rest ? rest : "");
  answer(id);
}

/* False at the end of input. */
static bool readCommands(void) {
  static char text[4096];
  static size_t held;
  ssize_t got = read(STDIN_FILENO, text + held, sizeof text - 1 - held);
  if (got <= 0) return got < 0 && errno == EINTR;
  held += (size_t)got;
  text[held] = '\0';
  char *start = text;
  for (char *end; (end = strchr(start, '\n')); start = end + 1) {
    *end = '\0';
    command(start);
  }
  held = strlen(start);
  memmove(text, start, held + 1);
  return held < sizeof text - 1;
}

int main(int count, char **arguments) {
  if (count != 6) {
    fprintf(stderr, "usage: impairment NEAR_NAMESPACE_FILE NEAR_DEVICE FAR_NAMESPACE_FILE FAR_DEVICE SEED\n");
    return 2;
  }
  settings = CLEAN;
  int near = openTun(arguments[1], arguments[2]);
  int far = openTun(arguments[3], arguments[4]);
  uint64_t seed = strtoull(arguments[5], NULL, 10);
  for (int i = 0; i < 2; i += 1) {
    directions[i] = (Direction){ .from = i == 0 ? far : near, .to = i == 0 ? near : far, .random = seed * 2 + (uint64_t)i, .queue = calloc(MAX_QUEUED, sizeof(Packet)) };
    if (!directions[i].queue) fail("memory");
  }
  /* The line must not be slower because the machine is busy. Where that is not allowed it is only less exact. */
  struct sched_param priority = { .sched_priority = 1 };
  sched_setscheduler(0, SCHED_RR, &priority);
  answer("0"); /* the devices exist */
  struct pollfd watched[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = far, .events = POLLIN }, { .fd = near, .events = POLLIN } };
  for (;;) {
    int64_t now = nowNs();
    int64_t nextNs = INT64_MAX;
    for (int i = 0; i < 2; i += 1) {
      deliver(&directions[i], now);
      if (directions[i].count > 0 && directions[i].queue[directions[i].head].dueNs < nextNs) nextNs = directions[i].queue[directions[i].head].dueNs;
    }
    if (blackoutEndNs != 0 && now >= blackoutEndNs) {
      blackoutEndNs = 0;
      answer(blackoutId);
    }
    if (blackoutEndNs != 0 && blackoutEndNs < nextNs) nextNs = blackoutEndNs;
    int64_t waitNs = nextNs - now;
    struct timespec wait = { .tv_sec = waitNs / 1000000000LL, .tv_nsec = waitNs % 1000000000LL };
    if (ppoll(watched, 3, nextNs == INT64_MAX ? NULL : &wait, NULL) < 0 && errno != EINTR) fail("ppoll");
    if (watched[0].revents != 0 && !readCommands()) return 0;
    for (int i = 0; i < 2; i += 1) if (watched[i + 1].revents & POLLIN) receive(&directions[i]);
  }
}
