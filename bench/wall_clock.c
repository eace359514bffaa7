/* Sets the wall clock of one process off by the seconds in the file $WALL_CLOCK, at once.

   libfaketime also changes how threads wait, and with it the daemon loses audio. Here a wait until a
   time of the wall clock stays as long as it was meant; other clocks are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static const volatile long *offset_s;

__attribute__((constructor)) static void begin(void) {
  int file = open(getenv("WALL_CLOCK"), O_RDONLY | O_CLOEXEC);
  void *page = mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) offset_s = page;
}

static long offset(void) { return offset_s ? *offset_s : 0; }

static struct timespec meant(const struct timespec *until) {
  struct timespec time = *until;
  /* A time since boot is far smaller. */
  if (time.tv_sec > 1000000000) time.tv_sec -= offset();
  return time;
}

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

int clock_gettime(clockid_t id, struct timespec *now) {
  static __typeof__(clock_gettime) *real;
  if (!real) real = REAL(clock_gettime);
  int result = real(id, now);
  if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) now->tv_sec += offset();
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec precise;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *now) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  if (now) *now = precise.tv_sec;
  return precise.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
  struct timespec time = meant(until);
  /* There are two of it; a program of today means the newer one. */
  static __typeof__(pthread_cond_timedwait) *real;
  if (!real) real = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  if (!real) real = REAL(pthread_cond_timedwait);
  return real(cond, mutex, &time);
}

int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict until) {
  struct timespec time = meant(until);
  return REAL(sem_timedwait)(sem, &time);
}
