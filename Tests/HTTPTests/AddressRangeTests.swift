import HTTP
import Testing

struct AddressRangeTests {
  @Test(arguments: [
    "10.1.0.0/16", "127.0.0.1/32", "0.0.0.0/0", "192.168.1.0/24", "10.0.0.128/25", "128.0.0.0/1",
    "::1/128", "::/0", "fd00:1::/32", "2001:db8::/29", "fe80::/10", "::ffff:0.0.0.0/96",
  ])
  func aBlockReadsBackAsItPrints(text: String) {
    #expect(AddressRange(text)?.description == text)
  }

  @Test func theSpellingOfABlockDoesNotMatter() {
    #expect(AddressRange("FD00:0001:0::/32") == AddressRange("fd00:1::/32"))
    #expect(AddressRange("fd00:1::/32") != AddressRange("fd00:1::/33"))
    #expect(AddressRange("0.0.0.0/0") != AddressRange("::/0"))
  }

  @Test(arguments: [
    "", "/", "/8", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8",
    "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0.0/ 8", " 10.0.0.0/8", "10.0.0.0/8 ", "10.0.0.0/8\n",
    "10.0.0.0/٨", "10.0.0.0/999", "10.0.0.0/255.0.0.0", "10/8", "10.0/16", "010.0.0.0/8",
    "0xa.0.0.0/8", "167772160/8", "10.0.0.1/8", "10.1.2.3/16", "11.0.0.0/7", "10.0.0.256/32",
    "localhost/32", "[::1]/128", "::1/129", "::1/127", "fe80::1%lo/128", "fd00::1/8", "::/1000",
    "1:2:3:4:5:6:7/64", ":::/0", "10.0.0.0\u{0}/8", "10.0.0.0/8\u{0}", "10.0.0.0/8,10.1.0.0/16",
  ])
  func whatIsNoBlockIsRefused(text: String) {
    #expect(AddressRange(text) == nil)
  }
}
