#include <stdio.h>

/* Prints how it was called, and when it was compiled: __DATE__ is SOURCE_DATE_EPOCH's where that is given. */
int main(int argc, char **argv) {
  printf("hello from C, %d arguments, compiled on %s, %u bits\n", argc - 1, __DATE__, (unsigned)(8 * sizeof argv));
  return 0;
}
