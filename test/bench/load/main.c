/*
 * load PEERS: peer 0 sends, the others receive. One JSON object a line in both directions.
 *
 * Told on stdin:
 *   {"do":"connect","peer":N,"ip":"…","port":N,"ufrag":"…","password":"…","fingerprint":"AB:…"}   the SFU's side of a transport
 *   {"do":"send","ssrc":N,"payloadType":N,"packetsPerSecond":N,"framesPerSecond":N,"packetBytes":N,"keyFrameEveryMs":N}
 *   {"do":"stop"}                 the sender rests; the same stream goes on with the next "send"
 *   {"do":"mark","name":"…"}      sums up since the last mark, and begins anew
 *   {"do":"end"}                  so does the end of stdin
 *
 * Said on stdout, by "event": ready (ufrag, password, fingerprint: one set for all peers), connected (peer, profile), failed
 * (peer, reason), second (one a second while sending), summary (answers "mark"), final (the whole run, at its end).
 *
 * The delay of a packet is the kernel's time stamp of its arrival at the receiver's socket minus the sender's clock right before
 * it was encrypted and sent: what lies between is the SFU and the loopback, not the time this program takes to read its sockets.
 */
#include "load.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MAX_PEERS 1024
#define MAX_EVENTS 128
#define TICK_NS (20 * MILLISECOND_NS)
#define TICKS_PER_SECOND 50
/* After a stall the sender does not pour out what it missed: more than this many packets late are left out. */
#define MAX_CATCH_UP 8
#define RECEIVE_BUFFER_BYTES (1 << 20)

struct totals {
  uint64_t begun_ns;
  uint64_t sent;
  uint64_t received;
  uint64_t received_bytes;
  uint64_t lost;
  uint64_t undecryptable;
  uint64_t foreign;
  uint32_t key_frames;
  uint32_t pli;
  uint32_t fir;
};

static struct peer *peers;
static int peer_count;
static int poller;
static int pace_timer;
static struct stream stream = {.packet_index = 999, .key_frame_every_ms = 10000};
/* The last second, since the last mark, and since the start. */
static struct totals second, since_mark, whole;
static struct histogram second_delays, mark_delays, whole_delays;
static uint64_t next_packet_ns;
static bool is_ending;

static uint64_t clock_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * SECOND_NS + (uint64_t)time.tv_nsec;
}

#define COUNT(field, amount) (second.field += (amount), since_mark.field += (amount), whole.field += (amount))

/* ---- what is said ---- */

void on_peer_settled(const struct peer *peer, const char *profile, const char *problem) {
  if (problem == NULL) printf("{\"event\":\"connected\",\"peer\":%d,\"profile\":\"%s\"}\n", peer->index, profile);
  else printf("{\"event\":\"failed\",\"peer\":%d,\"reason\":\"%s\"}\n", peer->index, problem);
}

static void say_totals(const char *event, const char *name, const struct totals *totals, const struct histogram *delays, uint64_t now_ns) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  printf("{\"event\":\"%s\",\"name\":\"%s\",\"durationMs\":%.3f,\"sent\":%llu,\"received\":%llu,\"receivedBytes\":%llu,\"lost\":%llu,\"undecryptable\":%llu,\"foreign\":%llu,"
         "\"delayP50Us\":%llu,\"delayP99Us\":%llu,\"delayMaxUs\":%llu,\"keyFrames\":%u,\"pli\":%u,\"fir\":%u,\"loadCpuS\":%.3f}\n",
         event, name, (double)(now_ns - totals->begun_ns) / 1e6, (unsigned long long)totals->sent, (unsigned long long)totals->received, (unsigned long long)totals->received_bytes,
         (unsigned long long)totals->lost, (unsigned long long)totals->undecryptable, (unsigned long long)totals->foreign, (unsigned long long)histogram_quantile(delays, 0.5),
         (unsigned long long)histogram_quantile(delays, 0.99), (unsigned long long)delays->max_us, totals->key_frames, totals->pli, totals->fir, cpu_s);
}

static void begin_totals(struct totals *totals, struct histogram *delays, uint64_t now_ns) {
  *totals = (struct totals){.begun_ns = now_ns};
  histogram_reset(delays);
}

/* Losses since the mark, by the sender's numbers: what lies between a receiver's last number then and now and did not come. */
static uint64_t lost_since_mark(void) {
  uint64_t lost = 0;
  for (int i = 1; i < peer_count; i += 1) {
    struct reception *reception = &peers[i].reception;
    uint64_t expected = reception->has_number ? reception->last_number - reception->mark_number : 0;
    if (expected > reception->received_since_mark) lost += expected - reception->received_since_mark;
    reception->mark_number = reception->last_number;
    reception->received_since_mark = 0;
  }
  return lost;
}

static void handle_mark(const char *name, uint64_t now_ns) {
  since_mark.lost = lost_since_mark();
  whole.lost += since_mark.lost;
  say_totals("summary", name, &since_mark, &mark_delays, now_ns);
  begin_totals(&since_mark, &mark_delays, now_ns);
}

/* ---- what arrives ---- */

static void handle_rtcp(struct peer *peer, uint8_t *packet, size_t length) {
  size_t plain = srtcp_unprotect(&peer->receiving, packet, length);
  if (plain == 0) {
    COUNT(undecryptable, 1);
    return;
  }
  uint32_t pli = 0;
  uint32_t fir = 0;
  rtcp_count_key_frame_requests(packet, plain, &pli, &fir);
  if (peer->index != 0 || pli + fir == 0) return;
  COUNT(pli, pli);
  COUNT(fir, fir);
  stream.wants_key_frame = true;
}

static void handle_rtp(struct peer *peer, uint8_t *packet, size_t length, uint64_t arrived_ns) {
  struct reception *reception = &peer->reception;
  uint32_t ssrc = read32(packet + 8);
  if (reception->has_begun && ssrc != reception->ssrc) {
    COUNT(foreign, 1); /* retransmissions and probes: nothing here asks for them */
    return;
  }
  uint64_t index = rtp_guess_index(reception, read16(packet + 2));
  size_t plain = srtp_unprotect(&peer->receiving, packet, length, index);
  size_t header = plain == 0 ? 0 : rtp_header_length(packet, plain);
  uint64_t sent_ns;
  uint32_t number;
  if (plain == 0) {
    COUNT(undecryptable, 1);
    return;
  }
  if (!stream_read_payload(packet + header, plain - header, &sent_ns, &number)) {
    COUNT(foreign, 1);
    return;
  }
  if (!reception->has_begun) {
    reception->has_begun = true;
    reception->ssrc = ssrc;
    reception->first_index = index;
    reception->highest_index = index;
  }
  if (index > reception->highest_index) reception->highest_index = index;
  if (!reception->has_number) reception->mark_number = number - 1;
  if (!reception->has_number || (int32_t)(number - reception->last_number) > 0) reception->last_number = number;
  reception->has_number = true;
  reception->received += 1;
  reception->received_since_mark += 1;
  COUNT(received, 1);
  COUNT(received_bytes, length);
  int64_t delay_ns = (int64_t)(arrived_ns - sent_ns);
  histogram_add(&second_delays, delay_ns);
  histogram_add(&mark_delays, delay_ns);
  histogram_add(&whole_delays, delay_ns);
}

static void handle_socket(struct peer *peer) {
  uint8_t datagram[MAX_DATAGRAM];
  uint8_t control[CMSG_SPACE(sizeof(struct timespec))];
  struct iovec place = {.iov_base = datagram, .iov_len = sizeof datagram};
  struct msghdr message = {.msg_iov = &place, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t received = recvmsg(peer->socket, &message, MSG_DONTWAIT);
  if (received < 2) return;
  size_t length = (size_t)received;
  /* RFC 7983: who it is for, by its first byte; RFC 5761: RTCP by its second. */
  if (datagram[0] < 4) return peer_handle_stun(peer, datagram, length, clock_ns(CLOCK_MONOTONIC));
  if (datagram[0] >= 20 && datagram[0] < 64) return peer_handle_dtls(peer, datagram, length);
  if (datagram[0] < 128 || datagram[0] >= 192 || length < 12 || peer->state != PEER_CONNECTED) return;
  if (datagram[1] >= 192 && datagram[1] < 224) return handle_rtcp(peer, datagram, length);
  uint64_t arrived_ns = 0;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SO_TIMESTAMPNS) continue;
    struct timespec time;
    memcpy(&time, CMSG_DATA(header), sizeof time);
    arrived_ns = (uint64_t)time.tv_sec * SECOND_NS + (uint64_t)time.tv_nsec;
  }
  handle_rtp(peer, datagram, length, arrived_ns == 0 ? clock_ns(CLOCK_REALTIME) : arrived_ns);
}

/* ---- what is sent ---- */

static void arm_pace_timer(uint64_t at_ns) {
  struct itimerspec when = {.it_value = {.tv_sec = (time_t)(at_ns / SECOND_NS), .tv_nsec = (long)(at_ns % SECOND_NS)}};
  timerfd_settime(pace_timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void send_packet(uint64_t now_ns) {
  uint8_t packet[MAX_DATAGRAM];
  bool starts_key_frame;
  size_t length = stream_write_packet(&stream, packet, now_ns, clock_ns(CLOCK_REALTIME), &starts_key_frame);
  length = srtp_protect(&peers[0].sending, packet, length, sizeof packet, stream.packet_index);
  if (length == 0 || send(peers[0].socket, packet, length, 0) < 0) return;
  COUNT(sent, 1);
  if (starts_key_frame) COUNT(key_frames, 1);
}

static void send_due_packets(void) {
  if (!stream.is_running) return;
  uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
  uint64_t interval_ns = SECOND_NS / stream.packets_per_second;
  if (now_ns > next_packet_ns + MAX_CATCH_UP * interval_ns) next_packet_ns = now_ns;
  while (next_packet_ns <= now_ns) {
    send_packet(now_ns);
    next_packet_ns += interval_ns;
  }
  arm_pace_timer(next_packet_ns);
}

static void send_report(struct peer *peer) {
  uint8_t report[MAX_DATAGRAM];
  if (peer->state != PEER_CONNECTED) return;
  bool is_sender = peer->index == 0;
  if (is_sender ? !stream.is_running : !peer->reception.has_begun) return;
  size_t length = is_sender ? rtcp_write_sender_report(&stream, report, clock_ns(CLOCK_REALTIME)) : rtcp_write_receiver_report(&peer->reception, peer->report_ssrc, report);
  length = srtcp_protect(&peer->sending, report, length, sizeof report);
  if (length > 0) send(peer->socket, report, length, 0);
}

/* Every 20 ms: timers of all peers, and the reports of a fiftieth of them, so that reports are spread over the second. */
static void tick(void) {
  static int count;
  uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
  for (int i = 0; i < peer_count; i += 1) peer_tick(&peers[i], now_ns);
  for (int i = count % TICKS_PER_SECOND; i < peer_count; i += TICKS_PER_SECOND) send_report(&peers[i]);
  count += 1;
  if (now_ns - second.begun_ns < SECOND_NS) return;
  if (stream.is_running) say_totals("second", "", &second, &second_delays, now_ns);
  begin_totals(&second, &second_delays, now_ns);
}

/* ---- what is told ---- */

static void handle_connect(const char *line) {
  int index = (int)json_number(line, "peer", -1);
  char ip[64];
  if (index < 0 || index >= peer_count) return;
  struct peer *peer = &peers[index];
  bool is_complete = json_text(line, "ip", ip, sizeof ip) && json_text(line, "ufrag", peer->ice.remote_ufrag, sizeof peer->ice.remote_ufrag) &&
                     json_text(line, "password", peer->ice.remote_password, sizeof peer->ice.remote_password) &&
                     json_text(line, "fingerprint", peer->remote_fingerprint, sizeof peer->remote_fingerprint);
  if (!is_complete || !peer_connect(peer, ip, (int)json_number(line, "port", 0), clock_ns(CLOCK_MONOTONIC))) on_peer_settled(peer, NULL, "cannot connect to that address");
}

static void handle_send(const char *line) {
  stream.ssrc = (uint32_t)json_number(line, "ssrc", 1);
  stream.payload_type = (uint8_t)json_number(line, "payloadType", 96);
  stream.packets_per_second = (uint32_t)json_number(line, "packetsPerSecond", 250);
  stream.frames_per_second = (uint32_t)json_number(line, "framesPerSecond", 25);
  stream.packet_bytes = (uint32_t)json_number(line, "packetBytes", 1200);
  stream.key_frame_every_ms = (uint32_t)json_number(line, "keyFrameEveryMs", 10000);
  bool is_usable = peers[0].state == PEER_CONNECTED && stream.packets_per_second > 0 && stream.frames_per_second > 0 && stream.packet_bytes >= 100 && stream.packet_bytes <= 1400;
  if (!is_usable) {
    on_peer_settled(&peers[0], NULL, "cannot send: not connected, or the stream's numbers are out of bounds");
    return;
  }
  stream.is_running = true;
  stream.wants_key_frame = true;
  next_packet_ns = clock_ns(CLOCK_MONOTONIC);
  send_due_packets();
}

static void handle_line(const char *line) {
  char verb[20];
  char name[40] = "";
  if (!json_text(line, "do", verb, sizeof verb)) return;
  if (strcmp(verb, "connect") == 0) handle_connect(line);
  if (strcmp(verb, "send") == 0) handle_send(line);
  if (strcmp(verb, "stop") == 0) stream.is_running = false;
  if (strcmp(verb, "end") == 0) is_ending = true;
  if (strcmp(verb, "mark") == 0) {
    json_text(line, "name", name, sizeof name);
    handle_mark(name, clock_ns(CLOCK_MONOTONIC));
  }
}

static void handle_stdin(void) {
  static char text[65536];
  static size_t length;
  ssize_t got = read(STDIN_FILENO, text + length, sizeof text - 1 - length);
  if (got <= 0) {
    is_ending = got == 0 || (errno != EAGAIN && errno != EINTR);
    return;
  }
  length += (size_t)got;
  text[length] = '\0';
  char *begin = text;
  for (char *end = strchr(begin, '\n'); end != NULL; end = strchr(begin, '\n')) {
    *end = '\0';
    handle_line(begin);
    begin = end + 1;
  }
  length -= (size_t)(begin - text);
  memmove(text, begin, length);
  if (length == sizeof text - 1) length = 0; /* no line is that long */
}

/* ---- start ---- */

static void watch(int descriptor, uint64_t tag) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) != 0) {
    perror("load: epoll");
    exit(1);
  }
}

static void open_peers(const char *ufrag, const char *password) {
  for (int i = 0; i < peer_count; i += 1) {
    int on = 1;
    int bytes = RECEIVE_BUFFER_BYTES;
    struct peer *peer = &peers[i];
    peer->index = i;
    peer->report_ssrc = 0x10000000u + (uint32_t)i;
    peer->socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    snprintf(peer->ice.local_ufrag, sizeof peer->ice.local_ufrag, "%s", ufrag);
    snprintf(peer->ice.local_password, sizeof peer->ice.local_password, "%s", password);
    setsockopt(peer->socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (setsockopt(peer->socket, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) setsockopt(peer->socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    watch(peer->socket, (uint64_t)i);
  }
}

static void random_text(char *out, size_t length) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
  RAND_bytes((uint8_t *)out, (int)length);
  for (size_t i = 0; i < length; i += 1) out[i] = letters[(uint8_t)out[i] % 32];
  out[length] = '\0';
}

int main(int argument_count, char **arguments) {
  enum { STDIN_TAG = MAX_PEERS, PACE_TAG, TICK_TAG };
  peer_count = argument_count == 2 ? atoi(arguments[1]) : 0;
  if (peer_count < 1 || peer_count > MAX_PEERS) {
    fprintf(stderr, "usage: load PEERS (1 to %d)\n", MAX_PEERS);
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  char ufrag[9];
  char password[25];
  random_text(ufrag, sizeof ufrag - 1);
  random_text(password, sizeof password - 1);
  dtls_prepare();
  poller = epoll_create1(EPOLL_CLOEXEC);
  pace_timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  int tick_timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  struct itimerspec every = {.it_interval = {.tv_nsec = TICK_NS}, .it_value = {.tv_nsec = TICK_NS}};
  timerfd_settime(tick_timer, 0, &every, NULL);
  peers = calloc((size_t)peer_count, sizeof *peers);
  if (peers == NULL) return 1;
  open_peers(ufrag, password);
  watch(STDIN_FILENO, STDIN_TAG);
  watch(pace_timer, PACE_TAG);
  watch(tick_timer, TICK_TAG);
  uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
  begin_totals(&second, &second_delays, now_ns);
  begin_totals(&since_mark, &mark_delays, now_ns);
  begin_totals(&whole, &whole_delays, now_ns);
  printf("{\"event\":\"ready\",\"ufrag\":\"%s\",\"password\":\"%s\",\"fingerprint\":\"%s\"}\n", ufrag, password, dtls_fingerprint());

  struct epoll_event events[MAX_EVENTS];
  while (!is_ending) {
    int count = epoll_wait(poller, events, MAX_EVENTS, -1);
    for (int i = 0; i < count; i += 1) {
      uint64_t tag = events[i].data.u64;
      uint64_t expirations;
      if (tag < MAX_PEERS) {
        handle_socket(&peers[tag]);
      } else if (tag == STDIN_TAG) {
        handle_stdin();
      } else if (read(tag == PACE_TAG ? pace_timer : tick_timer, &expirations, sizeof expirations) > 0) {
        if (tag == PACE_TAG) send_due_packets();
        else tick();
      }
    }
  }
  whole.lost += lost_since_mark();
  say_totals("final", "", &whole, &whole_delays, clock_ns(CLOCK_MONOTONIC));
  for (int i = 0; i < peer_count; i += 1) peer_close(&peers[i]);
  return 0;
}
