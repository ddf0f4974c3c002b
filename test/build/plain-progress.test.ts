import { expect, test } from 'vitest';
import { followPlainProgress } from '../../src/build/plain-progress.ts';

function follow(text: string) {
  const steps: string[] = [];
  const progress = followPlainProgress((step) => steps.push(step));
  for (const line of text.split('\n')) progress.take(line);
  return { steps, progress };
}

// As buildx 0.13 prints it for a bake file with one target.
const BUILD = `#0 building with "default" instance using docker driver

#1 [internal] load local bake definitions
#1 reading generated/tool/docker-bake.json 3.50kB / 3.50kB done
#1 DONE 0.0s

#3 [context upstream] load .dockerignore
#3 transferring upstream: 2B done
#3 DONE 0.0s

#7 [context golang:1.19-bookworm] localhost:5000/library/golang:1.19-bookworm
#7 resolve localhost:5000/library/golang:1.19-bookworm 0.0s done
#7 DONE 0.0s

#11 [build 1/4] WORKDIR /src
#11 CACHED

#12 [build 3/4] RUN go build     ./cmd/tool
#12 ...

#13 [image 1/3] RUN apk add --no-cache       tar
#13 0.295 (1/5) Installing tar (1.35-r2)
#13 DONE 0.4s

#12 [build 3/4] RUN go build     ./cmd/tool
`;

test('tells the newest step that runs, and the older one again when that is over', () => {
  const { steps, progress } = follow(`${BUILD}#12 DONE 8.0s

#14 exporting to oci image format
#14 exporting layers 0.2s done
#14 DONE 0.5s
`);
  expect(steps).toEqual([
    '[build 1/4] WORKDIR /src',
    '[build 3/4] RUN go build ./cmd/tool',
    '[image 1/3] RUN apk add --no-cache tar',
    '[build 3/4] RUN go build ./cmd/tool',
    'exporting to oci image format',
  ]);
  expect([progress.failedStep, progress.error]).toEqual([null, null]);
});

test('a step that fails is named with its last lines, whatever stops because of it', () => {
  const output = Array.from({ length: 40 }, (_, index) => `#12 1.${index} line ${index}`).join('\n');
  const { progress } = follow(`${BUILD}${output}
#12 ERROR: process "/bin/sh -c go build ./cmd/tool" did not complete successfully: exit code: 2

#15 [image 2/3] COPY --from=build /out/tool /bin/tool
#15 CANCELED
------
 > [build 3/4] RUN go build ./cmd/tool:
1.39 line 39
------
ERROR: failed to solve: process "/bin/sh -c go build ./cmd/tool" did not complete successfully: exit code: 2`);
  expect(progress.failedStep).toEqual({
    name: '[build 3/4] RUN go build ./cmd/tool',
    message: 'process "/bin/sh -c go build ./cmd/tool" did not complete successfully: exit code: 2',
    lastLines: Array.from({ length: 15 }, (_, index) => `line ${index + 25}`),
  });
  expect(progress.error).toBe(
    'failed to solve: process "/bin/sh -c go build ./cmd/tool" did not complete successfully: exit code: 2',
  );
});

test('a program that prints what looks like the end of its step does not end it', () => {
  const { progress } = follow(`#4 [build 2/2] RUN make
#4 0.1 DONE 3.0s
#4 0.2 ERROR: not really
#4 0.3 #5 ERROR: nor this
#4 0.4 last
#4 ERROR: process "make" did not complete successfully: exit code: 1`);
  expect(progress.failedStep?.lastLines).toEqual(['DONE 3.0s', 'ERROR: not really', '#5 ERROR: nor this', 'last']);
});
