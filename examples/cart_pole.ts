// The task of CartPole-v1 in Gym: a cart on a track is pushed left or right so that the pole on it stays up. Physics of
// Barto, Sutton and Anderson, "Neuronlike adaptive elements that can solve difficult learning control problems", 1983.

/** In m/s². */
const gravity = 9.8;
/** In kg. */
const [cartMass, poleMass] = [1, 0.1];
const totalMass = cartMass + poleMass;
/** From the joint to the middle of the pole, in m: half of its length. */
const halfPole = 0.5;
/** The force of a push, in N. */
const force = 10;
/** The time between two pushes, in s. */
const interval = 0.02;

/** An episode ends when the cart is this far from the middle of the track, in m. */
const trackEnd = 2.4;
/** An episode ends when the pole leans by this angle, in radians: 12 degrees. */
const steepest = 12 * Math.PI / 180;
/** An episode is cut off after this many pushes. */
export const longest = 500;

/** The place of the cart (m), its speed (m/s), the angle of the pole (radians, 0 is upright) and its speed (radians/s). */
export type CartPole = readonly [x: number, speed: number, angle: number, turning: number];

/** What a state's elements are usually below. */
export const usualState: CartPole = [trackEnd, 2, steepest, 2];
/** The pushes: 0 to the left, 1 to the right. */
export const pushes = 2;

/** The start of an episode: nearly at rest, nearly upright. */
export function startState(random: () => number): CartPole {
  const nearZero = () => 0.1 * random() - 0.05;
  return [nearZero(), nearZero(), nearZero(), nearZero()];
}

/** The state after a push, one interval later, by the equations of motion without friction and a step of Euler's. */
export function push([x, speed, angle, turning]: CartPole, action: number): CartPole {
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const pushed = ((action === 1 ? force : -force) + poleMass * halfPole * turning ** 2 * sin) / totalMass;
  const turn = (gravity * sin - cos * pushed) / (halfPole * (4 / 3 - poleMass * cos ** 2 / totalMass));
  const acceleration = pushed - poleMass * halfPole * turn * cos / totalMass;
  return [
    x + interval * speed,
    speed + interval * acceleration,
    angle + interval * turning,
    turning + interval * turn,
  ];
}

/** Whether the pole has fallen, or the cart has left the track. */
export function isOver([x, , angle]: CartPole): boolean {
  return Math.abs(x) > trackEnd || Math.abs(angle) > steepest;
}
