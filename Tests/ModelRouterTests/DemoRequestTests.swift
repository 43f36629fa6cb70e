import Testing

@testable import ModelRouter

@Suite struct DemoRequestTests {
  @Test(arguments: [
    "read notes.txt", "Read the file notes.txt.", "please read `notes.txt`",
    "show me \"notes.txt\"",
    "What is in notes.txt?", "What's in notes.txt?", "cat notes.txt", "OPEN notes.txt",
    "Could you print the contents of 'notes.txt' for me, please?", "What does notes.txt say?",
  ])
  func readsAFile(text: String) {
    #expect(DemoRequest(text) == .read(file: "notes.txt"))
  }

  @Test(arguments: ["wait for the signal approved", "Please wait for approved.", "await approved"])
  func waitsForASignal(text: String) {
    #expect(DemoRequest(text) == .wait(signal: "approved"))
  }

  @Test func quotedNamesMayHaveSpacesAndKeywords() {
    #expect(DemoRequest("read \"my notes, today.txt\"") == .read(file: "my notes, today.txt"))
    #expect(DemoRequest("read ‘file’") == .read(file: "file"))
    #expect(DemoRequest("Read it's.txt") == .read(file: "it's.txt"))
    #expect(DemoRequest("read ../../etc/passwd") == .read(file: "../../etc/passwd"))
  }

  @Test(arguments: [
    "list files", "List all the files.", "ls", "list", "show me all my files",
    "what files are there?",
    "which files do I have", "list the files in my workspace", "Show files here",
  ])
  func listsTheWorkspace(text: String) {
    #expect(DemoRequest(text) == .list(directory: nil))
  }

  @Test(arguments: [
    "list files in docs", "ls docs", "List the files in the folder docs, please",
    "what files are in docs?", "show me everything in the docs folder", "list docs",
  ])
  func listsADirectory(text: String) {
    #expect(DemoRequest(text) == .list(directory: "docs"))
  }

  @Test(arguments: [
    ("write hello to a.txt", "hello"), ("Write \"Hello, you.\" into a.txt", "Hello, you."),
    ("save go to the  shop to the file a.txt please", "go to the  shop"),
    ("put \"\" in a.txt", ""), ("write two\nlines into a.txt", "two\nlines"),
    ("create a file called a.txt with the text \"x to b.txt\"", "x to b.txt"),
    ("create a.txt containing hello you", "hello you"),
  ])
  func writesAFile(text: String, content: String) {
    #expect(DemoRequest(text) == .write(text: content, file: "a.txt"))
  }

  @Test(arguments: [
    "what time is it", "What's the time?", "tell me the time", "what is the date today?", "time",
    "What time is it right now?", "what day is it",
  ])
  func tellsTheTime(text: String) {
    #expect(DemoRequest(text) == .time(zone: nil))
  }

  @Test func tellsTheTimeInAZone() {
    #expect(DemoRequest("what time is it in Europe/Berlin?") == .time(zone: "Europe/Berlin"))
    #expect(DemoRequest("time in New York now") == .time(zone: "New_York"))
  }

  @Test(arguments: [
    "summarize README.md into s.md", "Summarise the file README.md to s.md.",
    "Give me a summary of README.md and save it to s.md", "sum up `README.md` in `s.md`",
    "please summarize README.md and write it into the file s.md, thanks",
    "write a summary of README.md into s.md",
  ])
  func summarizesIntoAFile(text: String) {
    #expect(DemoRequest(text) == .summarize(file: "README.md", target: "s.md"))
  }

  @Test func summarizesWithoutAFileToo() {
    #expect(DemoRequest("Summarize README.md") == .summarize(file: "README.md", target: nil))
  }

  @Test(arguments: [
    "", " ", "?", "hello", "tell me a joke", "read", "read the file", "write", "write hello",
    "write hello to", "read a.txt and b.txt", "summarize", "summarize a.txt into", "list files in",
    "read \"\"", "delete a.txt", "\"read a.txt\"", "what", "time in", "please",
  ])
  func whatIsNoneOfTheseIsNotUnderstood(text: String) {
    #expect(DemoRequest(text) == nil)
  }

  @Test func longMessagesCostNoMoreThanTheirLength() {
    for text in ["please ", "\"a ", "write a to ", "' \" ` ", "list the my ", "what is "] {
      let isUnderstood = DemoRequest(String(repeating: text, count: 10_000)) != nil
      #expect(!isUnderstood, "\(text)")
    }
  }
}
