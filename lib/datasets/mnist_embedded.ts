// MNIST embedded in the program: with this import, `loadData` needs no file, permission or network.
import { embedMnistText, mnistFiles } from "./mnist_files.ts";
import trainImages from "./mnist/train-images-idx3-ubyte.gz.txt" with { type: "text" };
import trainLabels from "./mnist/train-labels-idx1-ubyte.gz.txt" with { type: "text" };
import testImages from "./mnist/t10k-images-idx3-ubyte.gz.txt" with { type: "text" };
import testLabels from "./mnist/t10k-labels-idx1-ubyte.gz.txt" with { type: "text" };

const texts: readonly string[] = [trainImages, trainLabels, testImages, testLabels];
mnistFiles.forEach((file, i) => embedMnistText(file.name, texts[i]));
