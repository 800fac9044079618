import { COVER, rotationOf, type Scene, shutterTimes, type Surface, worldOf } from './scenes.ts';

const GRID_X = 160;
const GRID_Y = 110;

const VERTEX = `#version 300 es
in vec3 place; in vec2 uv; out vec2 at;
uniform vec3 eye; uniform mat3 turn; uniform float height;
void main() {
  vec3 c = turn * (place - eye);
  at = uv;
  // Frame units x = 0.5 + X / Z become -1 … 1, with y down.
  gl_Position = vec4(2.0 * c.x, -2.0 * c.y / height, (c.z * c.z * 0.02 - 0.002), c.z);
}`;
const FRAGMENT = `#version 300 es
precision highp float;
in vec2 at; out vec4 colour; uniform sampler2D picture;
void main() { colour = texture(picture, at); }`;
const SCREEN = `#version 300 es
in vec2 corner; out vec2 at; uniform float height;
void main() { at = vec2(0.5 + 0.5 * corner.x, (0.5 - 0.5 * corner.y) * height); gl_Position = vec4(corner, 0.0, 1.0); }`;
const FINISH = `#version 300 es
precision highp float;
in vec2 at; out vec4 colour;
uniform sampler2D scene; uniform sampler2D cover; uniform vec4 hand; uniform int hasHand; uniform int gone; uniform float height;
uniform float gain; uniform float offset; uniform vec3 vignette; uniform vec3 spots[8]; uniform int spotCount; uniform float seed; uniform float width;
float hash(vec3 p) { p = fract(p * vec3(0.1031, 0.1030, 0.0973)); p += dot(p, p.yxz + 33.33); return fract((p.x + p.y) * p.z); }
void main() {
  vec3 c = texture(scene, vec2(at.x, 1.0 - at.y / height)).rgb;
  if (gone == 1) c = texture(cover, vec2(at.x * 0.8 + 0.1, at.y * 0.8 + 0.1)).rgb;
  if (hasHand == 1) {
    vec2 d = (at - hand.xy) / hand.zw;
    float inside = smoothstep(1.03, 0.99, length(d));
    c = mix(c, texture(cover, d * 0.4 + 0.5).rgb * vec3(0.95, 0.8, 0.7), inside);
  }
  for (int i = 0; i < spotCount; i++) { vec2 d = (at - spots[i].xy) / spots[i].z; c += 0.75 * exp(-dot(d, d)); }
  float v = 1.0 - vignette.z * smoothstep(0.1, 0.7, length(at - vignette.xy));
  c = c * gain * v + offset;
  if (gone == 2) c = vec3(0.03);
  // Of a sensor: three values make it nearly normal.
  vec3 p = vec3(at * width, seed);
  float noise = hash(p) + hash(p + 17.0) + hash(p + 31.0) - 1.5;
  colour = vec4(clamp(c + noise * 0.024, 0.0, 1.0), 1.0);
}`;

interface Piece {
  readonly surface: Surface;
  readonly aspect: number;
  readonly texture: WebGLTexture;
  readonly places: WebGLBuffer;
}

/** Draws a scene at any time, with WebGL. */
export class SceneRenderer {
  readonly canvas: OffscreenCanvas;
  private readonly gl: WebGL2RenderingContext;
  private readonly scene: Scene;
  private readonly height: number;
  private readonly pieces: readonly Piece[];
  private readonly cover: WebGLTexture;
  private readonly draw: WebGLProgram;
  private readonly finish: WebGLProgram;
  private readonly target: WebGLFramebuffer;
  private readonly drawn: WebGLTexture;
  private readonly uvs: WebGLBuffer;
  private readonly indices: WebGLBuffer;
  private readonly corners: WebGLBuffer;

  constructor(scene: Scene, width: number, height: number, pictures: ReadonlyMap<string, ImageBitmap | OffscreenCanvas>) {
    this.scene = scene;
    this.height = height / width;
    this.canvas = new OffscreenCanvas(width, height);
    const gl = this.canvas.getContext('webgl2', { antialias: false, alpha: false, preserveDrawingBuffer: true });
    if (!gl) throw new Error('no WebGL');
    this.gl = gl;
    this.draw = programOf(gl, VERTEX, FRAGMENT);
    this.finish = programOf(gl, SCREEN, FINISH);
    this.pieces = [...scene.surfaces].sort((a, b) => b.z - a.z).map((surface) => {
      const picture = pictures.get(surface.texture);
      if (!picture) throw new Error(`no picture ${surface.texture}`);
      return { surface, aspect: picture.width / picture.height, texture: textureOf(gl, picture), places: bufferOf(gl, gl.ARRAY_BUFFER, new Float32Array((GRID_X + 1) * (GRID_Y + 1) * 3)) };
    });
    const cover = pictures.get(COVER);
    if (!cover) throw new Error('no cover');
    this.cover = textureOf(gl, cover);
    const uvs = new Float32Array((GRID_X + 1) * (GRID_Y + 1) * 2);
    const indices = new Uint32Array(GRID_X * GRID_Y * 6);
    for (let j = 0, at = 0; j <= GRID_Y; j += 1) {
      for (let i = 0; i <= GRID_X; i += 1) {
        const n = j * (GRID_X + 1) + i;
        uvs.set([i / GRID_X, j / GRID_Y], 2 * n);
        if (i < GRID_X && j < GRID_Y) indices.set([n, n + 1, n + GRID_X + 1, n + 1, n + GRID_X + 2, n + GRID_X + 1], (at += 6) - 6);
      }
    }
    this.uvs = bufferOf(gl, gl.ARRAY_BUFFER, uvs);
    this.indices = bufferOf(gl, gl.ELEMENT_ARRAY_BUFFER, indices);
    this.corners = bufferOf(gl, gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]));
    for (const piece of this.pieces) this.place(piece, 0);
    this.drawn = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.drawn);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, width, height);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    this.target = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.target);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.drawn, 0);
    gl.viewport(0, 0, width, height);
  }

  aspectOf(surface: Surface): number {
    return this.pieces.find((piece) => piece.surface === surface)?.aspect ?? 1;
  }

  render(t: number): void {
    const { gl, scene } = this;
    const gone = scene.gone?.(t) ?? null;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.target);
    gl.clearColor(0.35, 0.36, 0.4, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const times = shutterTimes(scene, t);
    for (const [part, at] of times.entries()) {
      // The mean of what was drawn so far and the new one is the mean of all, when the new one counts 1 / (part + 1).
      if (times.length > 1) gl.enable(gl.BLEND);
      gl.blendColor(0, 0, 0, 1 / (part + 1));
      gl.blendFunc(gl.CONSTANT_ALPHA, gl.ONE_MINUS_CONSTANT_ALPHA);
      this.drawSurfaces(at);
    }
    gl.disable(gl.BLEND);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.useProgram(this.finish);
    const at = (name: string) => gl.getUniformLocation(this.finish, name);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.drawn);
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, this.cover);
    gl.activeTexture(gl.TEXTURE0);
    gl.uniform1i(at('scene'), 0);
    gl.uniform1i(at('cover'), 1);
    const hand = scene.hand?.(t);
    gl.uniform1i(at('hasHand'), hand ? 1 : 0);
    if (hand) gl.uniform4f(at('hand'), hand.x, hand.y, hand.radiusX, hand.radiusY);
    const light = scene.light?.(t) ?? { gain: 1, offset: 0, vignette: 0, x: 0.5, y: 0.3 };
    gl.uniform1f(at('gain'), light.gain);
    gl.uniform1f(at('offset'), light.offset);
    gl.uniform3f(at('vignette'), light.x, light.y, light.vignette);
    const spots = scene.spots?.(t) ?? [];
    gl.uniform1i(at('spotCount'), spots.length);
    if (spots.length > 0) gl.uniform3fv(at('spots'), spots.flatMap(({ x, y, radius }) => [x, y, radius]));
    gl.uniform1i(at('gone'), gone === 'cut' ? 1 : gone === 'covered' ? 2 : 0);
    gl.uniform1f(at('height'), this.height);
    gl.uniform1f(at('width'), this.canvas.width);
    gl.uniform1f(at('seed'), (t * 30) % 997);
    attribute(gl, this.finish, 'corner', this.corners, 2);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  private drawSurfaces(t: number): void {
    const { gl } = this;
    const camera = this.scene.camera(t);
    gl.useProgram(this.draw);
    const at = (name: string) => gl.getUniformLocation(this.draw, name);
    gl.uniform3f(at('eye'), camera.x, camera.y, camera.z);
    gl.uniformMatrix3fv(at('turn'), true, new Float32Array(rotationOf(camera)));
    gl.uniform1f(at('height'), this.height);
    gl.uniform1i(at('picture'), 0);
    for (const piece of this.pieces) {
      if (piece.surface.isAlive) this.place(piece, t);
      gl.bindTexture(gl.TEXTURE_2D, piece.texture);
      attribute(gl, this.draw, 'place', piece.places, 3);
      attribute(gl, this.draw, 'uv', this.uvs, 2);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.indices);
      gl.drawElements(gl.TRIANGLES, GRID_X * GRID_Y * 6, gl.UNSIGNED_INT, 0);
    }
  }

  private place({ surface, aspect, places }: Piece, t: number): void {
    const all = new Float32Array((GRID_X + 1) * (GRID_Y + 1) * 3);
    for (let j = 0, n = 0; j <= GRID_Y; j += 1) for (let i = 0; i <= GRID_X; i += 1, n += 3) all.set(worldOf(surface, aspect, i / GRID_X, j / GRID_Y, t), n);
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, places);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, all, this.gl.STATIC_DRAW);
  }

  close(): void {
    this.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

function programOf(gl: WebGL2RenderingContext, vertex: string, fragment: string): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
    const shader = gl.createShader(type);
    if (!shader) throw new Error('no shader');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader) ?? 'shader');
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? 'program');
  return program;
}

function bufferOf(gl: WebGL2RenderingContext, target: number, data: Float32Array | Uint32Array): WebGLBuffer {
  const buffer = gl.createBuffer();
  gl.bindBuffer(target, buffer);
  gl.bufferData(target, data, gl.STATIC_DRAW);
  return buffer;
}

function attribute(gl: WebGL2RenderingContext, program: WebGLProgram, name: string, buffer: WebGLBuffer, size: number): void {
  const at = gl.getAttribLocation(program, name);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.enableVertexAttribArray(at);
  gl.vertexAttribPointer(at, size, gl.FLOAT, false, 0, 0);
}

function textureOf(gl: WebGL2RenderingContext, picture: ImageBitmap | OffscreenCanvas): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, picture);
  gl.generateMipmap(gl.TEXTURE_2D);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.MIRRORED_REPEAT);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.MIRRORED_REPEAT);
  return texture;
}
