// Eight kernels for the overhead of metering, each with another bottleneck: arithmetic, floats, calls, branches, memory, dispatch.
// MVP instructions only, so that other rewriters can be measured on them too. With COMMAND defined it is a program that runs each once,
// small, and prints the results. Build: build.sh beside this file.

#include <stdint.h>

#define KERNEL(name) __attribute__((export_name(#name))) int name(int n)

// Calls and nothing else.
KERNEL(fib) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

// One dependent chain in the tightest loop.
KERNEL(loop) {
  int sum = 0;
  for (int i = 0; i < n; i++) sum ^= sum * 31 + i;
  return sum;
}

// Stores in a loop of three instructions.
static uint8_t composite[4000000];
KERNEL(sieve) {
  int primes = 0;
  for (int i = 0; i < n; i++) composite[i] = 0;
  for (int i = 2; i < n; i++) {
    if (composite[i]) continue;
    primes++;
    for (int64_t j = (int64_t)i * 2; j < n; j += i) composite[j] = 1;
  }
  return primes;
}

// Floats over memory with a stride.
static double a[160 * 160], b[160 * 160], c[160 * 160];
KERNEL(matmul) {
  for (int i = 0; i < n * n; i++) {
    a[i] = i * 0.5;
    b[i] = i * 0.25;
  }
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
      c[i * n + j] = sum;
    }
  double trace = 0;
  for (int i = 0; i < n; i++) trace += c[i * n + i];
  return (int)(trace / 1e6);
}

// Branches that cannot be predicted, and recursion.
static int numbers[400000];
static void sort(int *list, int low, int high) {
  while (low < high) {
    int pivot = list[(low + high) / 2], i = low, j = high;
    while (i <= j) {
      while (list[i] < pivot) i++;
      while (list[j] > pivot) j--;
      if (i <= j) {
        int swap = list[i];
        list[i++] = list[j];
        list[j--] = swap;
      }
    }
    if (j - low < high - i) {
      sort(list, low, j);
      low = i;
    } else {
      sort(list, i, high);
      high = j;
    }
  }
}
KERNEL(quicksort) {
  uint32_t state = 12345;
  for (int i = 0; i < n; i++) {
    state = state * 1664525u + 1013904223u;
    numbers[i] = (int)(state >> 4);
  }
  sort(numbers, 0, n - 1);
  return numbers[n / 2];
}

// Integer arithmetic without memory stalls.
static uint32_t digest[8], rounds[64];
static uint32_t rotate(uint32_t value, int bits) { return value >> bits | value << (32 - bits); }
static void compress(const uint8_t *block) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)block[i * 4] << 24 | block[i * 4 + 1] << 16 | block[i * 4 + 2] << 8 | block[i * 4 + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t x = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t y = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + x + w[i - 7] + y;
  }
  for (int i = 0; i < 8; i++) s[i] = digest[i];
  for (int i = 0; i < 64; i++) {
    uint32_t t = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + rounds[i] + w[i];
    uint32_t u = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + t, s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = t + u;
  }
  for (int i = 0; i < 8; i++) digest[i] += s[i];
}
KERNEL(sha256) {
  uint8_t block[64];
  for (int i = 0; i < 64; i++) rounds[i] = (uint32_t)(i + 1) * 0x9e3779b9u;
  for (int i = 0; i < 8; i++) digest[i] = (uint32_t)i * 0x85ebca6bu;
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < 64; j++) block[j] = (uint8_t)(i + j);
    compress(block);
  }
  return (int)digest[0];
}

// Floats with division and square roots, stored in every step.
typedef struct {
  double x, y, z, vx, vy, vz, mass;
} Body;
static Body bodies[5];
KERNEL(nbody) {
  for (int i = 0; i < 5; i++) bodies[i] = (Body){i * 1.1, i * 0.7 - 1, i * 0.3, 0.1 * i, 0.2, -0.05 * i, 1.0 / (i + 1)};
  for (int step = 0; step < n; step++) {
    for (int i = 0; i < 5; i++)
      for (int j = i + 1; j < 5; j++) {
        Body *p = &bodies[i], *q = &bodies[j];
        double dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
        double square = dx * dx + dy * dy + dz * dz + 0.01;
        double force = 0.001 / (square * __builtin_sqrt(square));
        p->vx -= dx * q->mass * force, p->vy -= dy * q->mass * force, p->vz -= dz * q->mass * force;
        q->vx += dx * p->mass * force, q->vy += dy * p->mass * force, q->vz += dz * p->mass * force;
      }
    for (int i = 0; i < 5; i++) {
      Body *p = &bodies[i];
      p->x += 0.001 * p->vx, p->y += 0.001 * p->vy, p->z += 0.001 * p->vz;
    }
  }
  return (int)(bodies[0].x * 1e6);
}

// A stack machine that runs a collatz search: dispatch through a table, branches that follow data.
enum { PUSH, ADD, SUB, MUL, MOD, SHIFT, LOAD, STORE, DUP, JUMP, BRANCH };
static const struct {
  int16_t op, arg;
} program[] = {
    [0] = {LOAD, 0}, {PUSH, 2}, {MOD, 0}, {BRANCH, 8},                                            // odd?
    [4] = {LOAD, 0}, {PUSH, 1}, {SHIFT, 0}, {JUMP, 13},                                           // x / 2
    [8] = {LOAD, 0}, {PUSH, 3}, {MUL, 0}, {PUSH, 1}, {ADD, 0},                                    // 3 x + 1
    [13] = {STORE, 0}, {LOAD, 0}, {PUSH, 1}, {SUB, 0}, {BRANCH, 0},                               // until x is 1
    [18] = {LOAD, 1}, {PUSH, 2}, {ADD, 0}, {DUP, 0}, {STORE, 1}, {STORE, 0}, {JUMP, 0},           // next start
};
KERNEL(interpreter) {
  uint32_t stack[16], variables[2] = {27, 27};
  int top = 0, at = 0;
  for (int step = 0; step < n; step++) {
    int arg = program[at].arg;
    uint32_t right;
    switch (program[at++].op) {
      case PUSH: stack[top++ & 15] = (uint32_t)arg; break;
      case ADD: right = stack[--top & 15], stack[(top - 1) & 15] += right; break;
      case SUB: right = stack[--top & 15], stack[(top - 1) & 15] -= right; break;
      case MUL: right = stack[--top & 15], stack[(top - 1) & 15] *= right; break;
      case MOD: right = stack[--top & 15], stack[(top - 1) & 15] %= right | 2; break;
      case SHIFT: right = stack[--top & 15], stack[(top - 1) & 15] >>= right & 31; break;
      case LOAD: stack[top++ & 15] = variables[arg & 1]; break;
      case STORE: variables[arg & 1] = stack[--top & 15]; break;
      case DUP: right = stack[(top - 1) & 15], stack[top++ & 15] = right; break;
      case JUMP: at = arg; break;
      default: at = stack[--top & 15] ? arg : at; break;
    }
  }
  return (int)(variables[0] + variables[1]);
}

#ifdef COMMAND
__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write"))) uint32_t
fd_write(uint32_t fd, const void *vectors, uint32_t count, uint32_t *written);

__attribute__((export_name("_start"))) void start(void) {
  static int results[8];
  const struct {
    const void *data;
    uint32_t size;
  } vector = {results, sizeof results};
  uint32_t written;
  int *out = results;
  *out++ = fib(22), *out++ = loop(100000), *out++ = sieve(100000), *out++ = matmul(60);
  *out++ = quicksort(20000), *out++ = sha256(500), *out++ = nbody(2000), *out++ = interpreter(200000);
  fd_write(1, &vector, 1, &written);
}
#endif
